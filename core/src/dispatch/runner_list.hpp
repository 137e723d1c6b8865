// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/runner.hpp"
#include <stentor/base/assert.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace stentor::inline v0::detail {

// The runners of all crews of a bus, by index. Grows while it is read: those who unsubscribe or
// drain go through it without a lock. Never shrinks.
//
// Threads: add() under the registry's lock, the rest by any. Progress: wait-free.
class runner_list {
public:
    explicit runner_list(std::size_t capacity)
        : capacity_(capacity), list_(std::make_unique<std::unique_ptr<runner>[]>(capacity)) {}

    void add(std::unique_ptr<runner> one) noexcept {
        const auto at = size_.load(std::memory_order_relaxed);
        STENTOR_ASSERT(at < capacity_, "there is room for every runner that may be added");
        list_[at] = std::move(one);
        size_.store(at + 1, std::memory_order_release);  // [PAIR runners]
    }

    [[nodiscard]] std::size_t size() const noexcept {
        return size_.load(std::memory_order_acquire);  // [PAIR runners]
    }
    [[nodiscard]] const std::unique_ptr<runner>* begin() const noexcept { return list_.get(); }
    [[nodiscard]] const std::unique_ptr<runner>* end() const noexcept {
        return list_.get() + size();
    }
    [[nodiscard]] const std::unique_ptr<runner>& operator[](std::size_t at) const noexcept {
        return list_[at];
    }

private:
    const std::size_t capacity_;
    std::unique_ptr<std::unique_ptr<runner>[]> list_;
    // Written under the registry's lock after the runner is there. [PAIR runners]
    std::atomic<std::size_t> size_{0};
};

}  // namespace stentor::inline v0::detail
