// SPDX-License-Identifier: MIT
#include "baseline/raw_queue.hpp"
#include "support/latency.hpp"
#include "support/protocol.hpp"
#include "support/throughput.hpp"

#include <array>
#include <thread>

// The limits: a bare moodycamel queue with one consumer thread, and the same queue polled without
// pause as the latency reference.
//
//   publisher(s) ==token==> queue ==bulk==> consumer thread -> handler

namespace {

using namespace bench;

template <std::size_t Batch>
measurement throughput(unsigned publishers, std::uint64_t count) {
    const topology shape = one_topic(publishers, 1);
    ledger book(shape.handlers());
    raw_queue queue(2 * window);
    const std::jthread consumer([&](std::stop_token stop) {
        if (publishers == 1) {
            keep_off_publisher();
        }
        consume_raw(stop, queue, adder{&book, 0});
    });
    return measure_throughput<1, Batch>(shape, count, book, 1,
                                        [&](unsigned) { return raw_publisher(queue); });
}

// A consumer that does nothing but look: nothing that wakes up can be faster.
template <class Handler>
void poll(std::stop_token stop, raw_queue& queue, Handler handler) {
    moodycamel::ConsumerToken token(queue);
    std::array<payload, 64> batch;
    while (!stop.stop_requested()) {
        const std::size_t size = queue.try_dequeue_bulk(token, batch.begin(), batch.size());
        for (std::size_t i = 0; i < size; ++i) {
            handler(batch[i]);
        }
    }
}

measurement open_loop(double rate, std::uint64_t count) {
    ledger book(1);
    delay_book delays(count);
    raw_queue queue(window);
    const std::jthread poller([&](std::stop_token stop) {
        keep_off_publisher();
        poll(stop, queue, delay_recorder{&delays, &book, 0});
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

//   requester --> requests --> echo thread --> replies --> requester
measurement request_echo(std::uint64_t count) {
    raw_queue requests(64);
    raw_queue replies(64);
    const std::jthread server([&](std::stop_token stop) {
        keep_off_publisher();
        const moodycamel::ProducerToken token(replies);
        poll(stop, requests, [&](const payload& event) { replies.enqueue(token, event); });
    });
    const moodycamel::ProducerToken request_token(requests);
    moodycamel::ConsumerToken reply_token(replies);
    measurement result = measure_round_trips(
        count, [&](const payload& event) { requests.enqueue(request_token, event); },
        [&](std::uint64_t sequence) {
            payload reply;
            return replies.try_dequeue(reply_token, reply) && reply.sequence == sequence;
        });
    result.threads = 2;
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    const std::array workloads{
        workload{"one_to_one", 20'000, [](auto count) { return throughput<1>(1, count); }},
        workload{"one_to_one_bulk", 20'000, [](auto count) { return throughput<64>(1, count); }},
        workload{"four_to_one", 20'000, [](auto count) { return throughput<1>(4, count); }},
        workload{"latency_1k", 20, [](auto count) { return open_loop(1e3, count); }},
        workload{"latency_10k", 200, [](auto count) { return open_loop(1e4, count); }},
        workload{"latency_100k", 2'000, [](auto count) { return open_loop(1e5, count); }},
        workload{"latency_1m", 20'000, [](auto count) { return open_loop(1e6, count); }},
        workload{"request_echo", 200, [](auto count) { return request_echo(count); }},
    };
    return serve("raw", workloads, argc, argv);
}
