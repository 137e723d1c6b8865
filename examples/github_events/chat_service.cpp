// SPDX-License-Identifier: MIT

#include "chat_service.hpp"

#include <stdexcept>

namespace github {

void chat_service::post(std::string_view /*text*/) {
    const std::lock_guard lock(mutex_);
    const auto call = static_cast<std::uint64_t>(++told_.calls);
    if (repaired_) {
        return;
    }
    const std::int64_t now = clock_.steady_ns();
    if (call == down_at_) {
        up_at_ns_ = now + std::chrono::nanoseconds(down_for).count();
    }
    if (now < up_at_ns_) {
        ++told_.refused;
        throw std::runtime_error("the chat is down: connection refused");
    }
    if (fails_by_chance(call)) {
        ++told_.failed;
        throw std::runtime_error("the chat says: 503 Service Unavailable");
    }
}

void chat_service::repair() {
    const std::lock_guard lock(mutex_);
    repaired_ = true;
}

chat_service::account chat_service::told() const {
    const std::lock_guard lock(mutex_);
    return told_;
}

// SplitMix64 (Steele, Lea, Flood, 2014): neighbouring numbers give numbers far apart.
bool chat_service::fails_by_chance(std::uint64_t call) const noexcept {
    std::uint64_t mixed = seed_ + call * 0x9e3779b97f4a7c15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    mixed ^= mixed >> 31U;
    return mixed % 100 < static_cast<std::uint64_t>(failing_percent);
}

}  // namespace github
