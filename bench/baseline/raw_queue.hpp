// SPDX-License-Identifier: MIT
#pragma once

#include "support/backoff.hpp"
#include "support/payload.hpp"

#include <concurrentqueue.h>

#include <array>
#include <cstddef>
#include <span>
#include <stop_token>

// The queue under the engine, used as bare as it can be: one explicit producer token per publisher,
// one consumer token, bulk dequeue, and the same back-off after a partial batch as the engine has.
// No routing, no credits, no metadata: the limit, not a peer.

namespace bench {

using raw_queue = moodycamel::ConcurrentQueue<payload>;

class raw_publisher {
public:
    explicit raw_publisher(raw_queue& queue) : queue_(queue), token_(queue) {}

    template <std::size_t Topic>
    void operator()(const sample<Topic>& event) {
        queue_.enqueue(token_, event.body);
    }

    void bulk(std::span<const sample<0>> events) {
        // A sample is its payload and nothing else, so its bytes are read as they lie.
        queue_.enqueue_bulk(token_, body_iterator{events.data()}, events.size());
    }

private:
    struct body_iterator {
        const sample<0>* at;

        const payload& operator*() const noexcept { return at->body; }
        body_iterator& operator++() noexcept {
            ++at;
            return *this;
        }
        body_iterator operator++(int) noexcept { return {at++}; }
    };

    raw_queue& queue_;
    moodycamel::ProducerToken token_;
};

inline constexpr std::size_t raw_batch = 256;
inline constexpr int raw_pauses_after_partial_batch = 16;

// Consumes until stopped. An empty queue is given the core only after a while: see backoff.
template <class Handler>
void consume_raw(std::stop_token stop, raw_queue& queue, Handler handler) {
    moodycamel::ConsumerToken token(queue);
    std::array<payload, raw_batch> batch;
    backoff idle;
    while (!stop.stop_requested()) {
        const std::size_t size = queue.try_dequeue_bulk(token, batch.begin(), raw_batch);
        for (std::size_t i = 0; i < size; ++i) {
            handler(batch[i]);
        }
        if (size == 0) {
            idle.wait();
            continue;
        }
        idle.reset();
        if (size < raw_batch) {
            for (int i = 0; i < raw_pauses_after_partial_batch; ++i) {
                spin_pause();
            }
        }
    }
}

}  // namespace bench
