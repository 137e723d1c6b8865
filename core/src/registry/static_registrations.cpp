// SPDX-License-Identifier: MIT
#include "registry/static_registrations.hpp"

#include <algorithm>
#include <mutex>
#include <tuple>
#include <utility>

namespace stentor::inline v0::detail {

namespace {

// Constants until the first registration, so that they are there before any of them.
constinit std::mutex mutex;
constinit const static_registration* first = nullptr;

}  // namespace

static_registration::static_registration(const char* name, subscription_options options,
                                         std::source_location where) noexcept
    : name_(name), options_(std::move(options)), where_(where) {
    static_registrations::add(*this);
}

static_registration::~static_registration() {
    static_registrations::remove(*this);
}

void static_registrations::add(const static_registration& one) noexcept {
    const std::lock_guard lock(mutex);
    one.next_ = std::exchange(first, &one);
}

void static_registrations::remove(const static_registration& one) noexcept {
    const std::lock_guard lock(mutex);
    for (auto** link = &first; *link != nullptr; link = &(*link)->next_) {
        if (*link == &one) {
            *link = one.next_;
            return;
        }
    }
}

std::vector<const static_registration*> static_registrations::all() {
    std::vector<const static_registration*> found;
    {
        const std::lock_guard lock(mutex);
        for (const auto* one = first; one != nullptr; one = one->next_) {
            found.push_back(one);
        }
    }
    std::ranges::sort(found, {}, [](const static_registration* one) {
        return std::tuple(one->name(), std::string_view(one->where().file_name()),
                          one->where().line());
    });
    return found;
}

}  // namespace stentor::inline v0::detail
