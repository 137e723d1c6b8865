// SPDX-License-Identifier: MIT
#include "resilience/held_keys.hpp"

#include "base/attempt.hpp"

#include <algorithm>

namespace stentor::inline v0::detail {

namespace {

constexpr int keys_looked_at = 2;

}  // namespace

bool held_keys::expect(std::uint64_t key) noexcept {
    const std::lock_guard lock(mutex_);
    const bool enough = attempt([&] {
        auto& of = keys_[key];
        if (of.numbers.size() + of.expected >= of.numbers.capacity()) {
            of.numbers.reserve(2 * of.numbers.capacity() + 1);
        }
        ++of.expected;
    });
    if (const auto at = keys_.find(key); at != keys_.end()) {
        erase_if_done(at);
    }
    size_.store(keys_.size(), std::memory_order_relaxed);
    return enough;
}

// Numbers grow, but for a letter that came back, which is known already.
void held_keys::add(std::uint64_t key, std::uint64_t number) noexcept {
    {
        const std::lock_guard lock(mutex_);
        const auto at = keys_.find(key);
        --at->second.expected;
        auto& all = at->second.numbers;
        const auto place = std::lower_bound(all.begin(), all.end(), number);
        if (number != 0 && (place == all.end() || *place != number)) {
            all.insert(place, number);
        }
        erase_if_done(at);
    }
    if (number != 0) {
        look_round(key);
    }
}

std::uint64_t held_keys::latest(std::uint64_t key) noexcept {
    for (;;) {
        std::uint64_t number = 0;
        {
            const std::lock_guard lock(mutex_);
            const auto at = keys_.find(key);
            if (at == keys_.end() || at->second.numbers.empty()) {
                return 0;
            }
            number = at->second.numbers.back();
        }
        if (in_store(number)) {
            return number;
        }
        forget(key, number);
    }
}

// A store that does not answer may have it.
bool held_keys::in_store(std::uint64_t number) const noexcept {
    bool gone = false;
    static_cast<void>(attempt([&] {
        const auto found = store_->get(number);
        gone = !found && found.error().code == dead_letter_errc::not_found;
    }));
    return !gone;
}

void held_keys::forget(std::uint64_t key, std::uint64_t number) noexcept {
    const std::lock_guard lock(mutex_);
    const auto at = keys_.find(key);
    if (at == keys_.end()) {
        return;
    }
    std::erase(at->second.numbers, number);
    erase_if_done(at);
}

void held_keys::erase_if_done(keys::iterator at) noexcept {
    if (at->second.numbers.empty() && at->second.expected == 0) {
        keys_.erase(at);
        size_.store(keys_.size(), std::memory_order_relaxed);
    }
}

void held_keys::look_round(std::uint64_t key) noexcept {
    for (int round = 0; round < keys_looked_at; ++round) {
        std::uint64_t other = 0;
        std::uint64_t number = 0;
        {
            const std::lock_guard lock(mutex_);
            auto at = keys_.upper_bound(looked_at_);
            at = at != keys_.end() ? at : keys_.begin();
            if (at == keys_.end() || at->first == key || at->second.numbers.empty()) {
                looked_at_ = at == keys_.end() ? 0 : at->first;
                continue;
            }
            other = looked_at_ = at->first;
            number = at->second.numbers.back();
        }
        if (!in_store(number)) {
            forget(other, number);
        }
    }
}

}  // namespace stentor::inline v0::detail
