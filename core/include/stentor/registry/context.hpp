// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/metadata.hpp>
#include <stentor/event/publish_result.hpp>
#include <stentor/export.hpp>
#include <stentor/registry/delivery_frame.hpp>
#include <stentor/registry/publish_target.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace stentor::inline v0 {

class topic;

// What a handler knows about the delivery it is in. Valid during the call, on the calling thread.
class STENTOR_EXPORT context {
public:
    context(const detail::delivery_frame& frame, detail::publish_target& target,
            std::string_view subscription) noexcept
        : frame_(&frame), target_(&target), subscription_(subscription) {}
    context(const context&) = delete;
    context& operator=(const context&) = delete;

    [[nodiscard]] std::string_view topic() const noexcept;
    [[nodiscard]] event_id id() const noexcept;
    [[nodiscard]] stentor::metadata metadata() const noexcept;
    // The given or inherited correlation id; the event's own id when there is none.
    [[nodiscard]] std::string correlation_id() const;
    [[nodiscard]] std::string_view subscription() const noexcept { return subscription_; }
    // 1 for the first attempt.
    [[nodiscard]] std::int32_t attempt() const noexcept { return 1; }

    // Deliveries of this subscription that were dropped before this one because it was full: how
    // many, why, and which was the first. Told once, with the next delivery.
    [[nodiscard]] std::optional<stentor::gap> gap() const noexcept {
        return frame_->missed != nullptr && frame_->index == 0
                   ? std::optional<stentor::gap>(*frame_->missed)
                   : std::nullopt;
    }

    // Publishes an event that this one causes: correlation, user and trace are inherited, causation
    // is this event's id, depth is one more. Never waits; may use the reserve that is kept for
    // handlers. Works until the deadline of drain(), also when outsiders get `closed` already.
    template <class E>
    publish_result publish(E&& event, const publish_options& options = {}) noexcept(
        std::is_rvalue_reference_v<E&&> ||
        std::is_nothrow_copy_constructible_v<std::remove_cvref_t<E>>) {
        using value = std::remove_cvref_t<E>;
        detail::require_published<value>();
        if constexpr (std::is_lvalue_reference_v<E&&> ||
                      std::is_const_v<std::remove_reference_t<E>>) {
            value copy(event);
            return detail::publish_to(*target_, request(options), copy);
        } else {
            return detail::publish_to(*target_, request(options), event);
        }
    }
    publish_result publish(const stentor::topic& topic, std::string text,
                           const publish_options& options = {}) noexcept;

private:
    [[nodiscard]] detail::publish_target::request request(
        const publish_options& options) const noexcept {
        return {.options = &options, .cause = frame_->slot()};
    }

    const detail::delivery_frame* frame_;
    detail::publish_target* target_;
    std::string_view subscription_;
};

}  // namespace stentor::inline v0
