// SPDX-License-Identifier: MIT
#include <stentor/registry/subscription.hpp>

#include "registry/subscription_host.hpp"
#include "registry/subscription_record.hpp"

#include <utility>

namespace stentor::inline v0 {

subscription::subscription() noexcept = default;
subscription::subscription(std::shared_ptr<detail::subscription_record> record,
                           std::weak_ptr<detail::subscription_host> host) noexcept
    : record_(std::move(record)), host_(std::move(host)) {}
subscription::subscription(subscription&& other) noexcept = default;

subscription& subscription::operator=(subscription&& other) noexcept {
    if (this != &other) {
        static_cast<void>(unsubscribe());
        record_ = std::move(other.record_);
        host_ = std::move(other.host_);
    }
    return *this;
}

subscription::~subscription() {
    static_cast<void>(unsubscribe());
}

unsubscribe_result subscription::unsubscribe() noexcept {
    const auto record = std::exchange(record_, nullptr);
    if (record == nullptr) {
        return unsubscribe_result::not_subscribed;
    }
    if (const auto host = host_.lock()) {
        return host->unsubscribe(record);
    }
    return unsubscribe_result::not_subscribed;  // the bus is gone, and the handler with it
}

std::string_view subscription::name() const noexcept {
    return record_ == nullptr ? std::string_view{} : std::string_view{record_->name};
}

bool subscription::active() const noexcept {
    return record_ != nullptr && !record_->closed.load(std::memory_order_acquire) &&
           !host_.expired();
}

std::shared_ptr<detail::subscription_record> subscription::release() noexcept {
    return std::exchange(record_, nullptr);
}

}  // namespace stentor::inline v0
