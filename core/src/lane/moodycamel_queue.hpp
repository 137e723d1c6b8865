// SPDX-License-Identifier: MIT
#pragma once

#include "base/allocator.hpp"

#include <concurrentqueue/concurrentqueue.h>

#include <cstddef>
#include <cstdlib>
#include <memory>

// The lock-free queue behind a lane: moodycamel::ConcurrentQueue with explicit producer tokens
// only.
//
// Version 1.0.3 has two faults that this use stays clear of: happens-before in block recycling is
// missing when blocks count their empty slots (issue 404 there), so blocks are small enough to keep
// a flag per slot; implicit producers are broken (issue 288), so there are none.
namespace stentor::inline v0::detail {

struct queue_traits : moodycamel::ConcurrentQueueDefaultTraits {
    static constexpr std::size_t BLOCK_SIZE = 32;
    static constexpr std::size_t EXPLICIT_BLOCK_EMPTY_COUNTER_THRESHOLD = 32;
    static constexpr std::size_t INITIAL_IMPLICIT_PRODUCER_HASH_SIZE = 0;

    static void* malloc(std::size_t size) noexcept {
        return allocate_bytes(size, alignof(std::max_align_t));
    }
    static void free(void* block) noexcept {
        if (block != nullptr) {
            free_bytes(block, alignof(std::max_align_t));
        }
    }
};
static_assert(queue_traits::BLOCK_SIZE <= queue_traits::EXPLICIT_BLOCK_EMPTY_COUNTER_THRESHOLD,
              "per-slot empty flags only; see issue 404 of concurrentqueue");

template <class Slot>
class moodycamel_queue {
    using queue = moodycamel::ConcurrentQueue<Slot, queue_traits>;

public:
    // One thread at a time.
    class producer {
    public:
        explicit producer(moodycamel_queue& owner) : token(owner.queue_) {}
        [[nodiscard]] bool valid() const noexcept { return token.valid(); }
        moodycamel::ProducerToken token;
    };
    class consumer {
    public:
        explicit consumer(moodycamel_queue& owner) : token(owner.queue_) {}
        moodycamel::ConsumerToken token;
    };

    // No blocks up front: a lane that is never used costs its header only.
    moodycamel_queue() : queue_(0) {}

    [[nodiscard]] bool enqueue(producer& from, const Slot& slot) noexcept {
        return queue_.enqueue(from.token, slot);
    }
    [[nodiscard]] bool enqueue_bulk(producer& from, const Slot* slots, std::size_t count) noexcept {
        return queue_.enqueue_bulk(from.token, slots, count);
    }
    [[nodiscard]] std::size_t dequeue(consumer& to, Slot* out, std::size_t max) noexcept {
        return queue_.try_dequeue_bulk(to.token, out, max);
    }

    // Without a token: the head of one producer's entries, of the fullest of a few.
    [[nodiscard]] bool dequeue_any(Slot& out) noexcept { return queue_.try_dequeue(out); }

private:
    queue queue_;
};

}  // namespace stentor::inline v0::detail
