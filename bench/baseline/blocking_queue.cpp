// SPDX-License-Identifier: MIT
#include "baseline/handler_table.hpp"
#include "support/latency.hpp"
#include "support/protocol.hpp"
#include "support/throughput.hpp"

#include <blockingconcurrentqueue.h>

#include <array>
#include <chrono>
#include <thread>

// The good hand-written dispatcher: a moodycamel queue that blocks when it is empty, and one thread
// that takes bulks of 256 from it.
//
//   publisher(s) ==token==> BlockingConcurrentQueue ==bulk==> thread -> table of std::function

namespace {

using namespace bench;
using namespace std::chrono_literals;

using blocking_queue = moodycamel::BlockingConcurrentQueue<payload>;

constexpr std::size_t batch_size = 256;

struct publisher {
    blocking_queue& queue;
    moodycamel::ProducerToken token{queue};

    template <std::size_t Topic>
    void operator()(const sample<Topic>& event) {
        queue.enqueue(token, event.body);
    }
};

template <class Handler>
void consume(std::stop_token stop, blocking_queue& queue, Handler handler) {
    moodycamel::ConsumerToken token(queue);
    std::array<payload, batch_size> batch;
    while (!stop.stop_requested()) {
        // Timed only so that the thread sees the stop.
        const std::size_t size =
            queue.wait_dequeue_bulk_timed(token, batch.begin(), batch_size, 20ms);
        for (std::size_t i = 0; i < size; ++i) {
            handler(batch[i]);
        }
    }
}

template <std::size_t Topics = 1>
measurement throughput(const topology& shape, std::uint64_t count) {
    ledger book(shape.handlers());
    const handler_table table(shape, book);
    blocking_queue queue(2 * window);
    const std::jthread consumer([&](std::stop_token stop) {
        if (shape.publishers == 1) {
            keep_off_publisher();
        }
        consume(stop, queue, [&](const payload& event) { table.dispatch(event); });
    });
    return measure_throughput<Topics>(shape, count, book, 1,
                                      [&](unsigned) { return publisher{queue}; });
}

measurement open_loop(double rate, std::uint64_t count) {
    ledger book(1);
    delay_book delays(count);
    blocking_queue queue(window);
    const std::jthread consumer([&](std::stop_token stop) {
        keep_off_publisher();
        consume(stop, queue, delay_recorder{&delays, &book, 0});
    });
    const moodycamel::ProducerToken token(queue);
    measurement result =
        open_loop_run(rate, count, book).run(delays, count, [&](const payload& event) {
            queue.enqueue(token, event);
        });
    result.threads = 2;
    verify_each_handler(result, book, count);
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    const std::array workloads{
        workload{"one_to_one", 20'000, [](auto n) { return throughput(one_topic(1, 1), n); }},
        workload{"fan_out_4", 20'000, [](auto n) { return throughput(one_topic(1, 4), n); }},
        workload{"fan_out_64", 5'000, [](auto n) { return throughput(one_topic(1, 64), n); }},
        workload{"four_to_one", 20'000, [](auto n) { return throughput(one_topic(4, 1), n); }},
        workload{"four_to_sixteen", 20'000,
                 [](auto n) { return throughput<16>(sixteen_topics(4), n); }},
        workload{"latency_1k", 20, [](auto n) { return open_loop(1e3, n); }},
        workload{"latency_10k", 200, [](auto n) { return open_loop(1e4, n); }},
        workload{"latency_100k", 2'000, [](auto n) { return open_loop(1e5, n); }},
        workload{"latency_1m", 20'000, [](auto n) { return open_loop(1e6, n); }},
    };
    return serve("blocking_queue", workloads, argc, argv);
}
