// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <mutex>

// The same interface over a mutex and a deque, for race detection: the detector understands all of
// it, so whatever it reports is in the engine. FIFO across all producers.
namespace stentor::inline v0::detail {

template <class Slot>
class mutex_queue {
public:
    class producer {
    public:
        explicit producer(mutex_queue&) {}
        [[nodiscard]] bool valid() const noexcept { return true; }
    };
    class consumer {
    public:
        explicit consumer(mutex_queue&) {}
    };

    [[nodiscard]] bool enqueue(producer& from, const Slot& slot) noexcept {
        return enqueue_bulk(from, &slot, 1);
    }
    [[nodiscard]] bool enqueue_bulk(producer&, const Slot* slots, std::size_t count) noexcept {
        const std::lock_guard lock(mutex_);
#if defined(__cpp_exceptions)
        try {
            slots_.insert(slots_.end(), slots, slots + count);
        } catch (...) {
            return false;
        }
#else
        slots_.insert(slots_.end(), slots, slots + count);
#endif
        return true;
    }
    [[nodiscard]] std::size_t dequeue(consumer&, Slot* out, std::size_t max) noexcept {
        const std::lock_guard lock(mutex_);
        const auto count = std::min(max, slots_.size());
        const auto last = slots_.begin() + static_cast<std::ptrdiff_t>(count);
        std::copy(slots_.begin(), last, out);
        slots_.erase(slots_.begin(), last);
        return count;
    }
    [[nodiscard]] bool dequeue_any(Slot& out) noexcept {
        consumer any(*this);
        return dequeue(any, &out, 1) == 1;
    }

private:
    std::mutex mutex_;
    std::deque<Slot> slots_;
};

}  // namespace stentor::inline v0::detail
