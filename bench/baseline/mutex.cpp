// SPDX-License-Identifier: MIT
#include <mutex>

#include "baseline/handler_table.hpp"
#include "support/latency.hpp"
#include "support/protocol.hpp"
#include "support/throughput.hpp"

#include <array>
#include <condition_variable>
#include <deque>
#include <thread>

// What everyone writes first: a mutex, a condition variable and a deque.
//
//   publisher(s) --> [mutex, deque] --> consumer thread -> table of std::function

namespace {

using namespace bench;

class mutex_queue {
public:
    void push(const payload& event) {
        {
            const std::lock_guard lock(mutex_);
            events_.push_back(event);
        }
        changed_.notify_one();
    }

    template <class Handler>
    void consume(std::stop_token stop, Handler handler) {
        const std::stop_callback wake(stop, [this] {
            const std::lock_guard lock(mutex_);
            changed_.notify_all();
        });
        for (;;) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return !events_.empty() || stop.stop_requested(); });
            if (events_.empty()) {
                return;
            }
            const payload event = events_.front();
            events_.pop_front();
            lock.unlock();
            handler(event);
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<payload> events_;
};

struct publisher {
    mutex_queue& queue;

    template <std::size_t Topic>
    void operator()(const sample<Topic>& event) const {
        queue.push(event.body);
    }
};

template <std::size_t Topics = 1>
measurement throughput(const topology& shape, std::uint64_t count) {
    ledger book(shape.handlers());
    const handler_table table(shape, book);
    mutex_queue queue;
    const std::jthread consumer([&](std::stop_token stop) {
        if (shape.publishers == 1) {
            keep_off_publisher();
        }
        queue.consume(stop, [&](const payload& event) { table.dispatch(event); });
    });
    return measure_throughput<Topics>(shape, count, book, 1,
                                      [&](unsigned) { return publisher{queue}; });
}

measurement open_loop(double rate, std::uint64_t count) {
    ledger book(1);
    delay_book delays(count);
    mutex_queue queue;
    const std::jthread consumer([&](std::stop_token stop) {
        keep_off_publisher();
        queue.consume(stop, delay_recorder{&delays, &book, 0});
    });
    measurement result =
        open_loop_run(rate, count, book).run(delays, count, [&](const payload& event) {
            queue.push(event);
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
    return serve("mutex", workloads, argc, argv);
}
