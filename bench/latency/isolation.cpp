// SPDX-License-Identifier: MIT
#include "support/latency.hpp"
#include "support/placement.hpp"
#include "topology/engine_bus.hpp"
#include "topology/workloads.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

//                                +--> three fast handlers (note how long they waited)
// publisher, 10 k/s --> event ---+
//                                +--> one handler that takes 1 ms a call: ten times too slow
//
// The twin is the same run without the slow handler. The floor is the same run beside threads of
// nobody that sleep as the slow handler's do: what their waking takes from the processor that the
// fast handlers run on.

namespace bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t fast_handlers = 3;
constexpr double rate = 10'000;
constexpr auto slow_call = 1ms;

constexpr std::size_t sleepers = 2;  // as many slow calls run at once: all runners but one

enum class neighbour { none, sleeps, burns, strangers };

class sleeping_strangers {
public:
    explicit sleeping_strangers(std::size_t count) {
        for (std::size_t index = 0; index < count; ++index) {
            threads_.emplace_back([](const std::stop_token& stop) {
                keep_off_publisher();
                while (!stop.stop_requested()) {
                    std::this_thread::sleep_for(slow_call);
                }
            });
        }
    }

private:
    std::vector<std::jthread> threads_;
};

void take_long(neighbour kind) {
    if (kind == neighbour::sleeps) {
        std::this_thread::sleep_for(slow_call);
        return;
    }
    for (const auto end = std::chrono::steady_clock::now() + slow_call;
         std::chrono::steady_clock::now() < end;) {
        spin_pause();
    }
}

measurement isolation(neighbour kind, std::uint64_t count) {
    ledger book(fast_handlers);
    delay_book delays(count * fast_handlers);
    std::atomic<std::uint64_t> slow_calls{0};
    stentor::bus bus(engine_options(stentor::profile::balanced, true));
    for (std::size_t handler = 0; handler < fast_handlers; ++handler) {
        bus.keep(bus.subscribe<sample<0>>(
            "fast." + std::to_string(handler), [&, handler](const sample<0>& event) {
                delays.record(event.body.sequence * fast_handlers + handler,
                              now_ns() - event.body.stamp_ns);
                book.add(handler, event.body);
            }));
    }
    const sleeping_strangers strangers(kind == neighbour::strangers ? sleepers : 0);
    std::optional<stentor::subscription> slow;
    if (kind == neighbour::sleeps || kind == neighbour::burns) {
        slow = bus.subscribe<sample<0>>("slow", [&, kind](const sample<0>&) {
            take_long(kind);
            slow_calls.fetch_add(1, std::memory_order_relaxed);
        });
    }
    bus.warm();
    auto hot = bus.publisher<sample<0>>();
    measurement result = open_loop_run(rate, count, book)
                             .run(delays, count * fast_handlers, [&](const payload& event) {
                                 // Accepted by the fast ones is enough: the slow one may be full.
                                 const auto status = hot.publish(sample<0>{event}).status();
                                 if (status != stentor::publish_status::accepted &&
                                     status != stentor::publish_status::accepted_partial) {
                                     stop_on_refusal(status);
                                 }
                             });
    result.threads = 1 + engine_workers();
    verify_each_handler(result, book, count);
    if (slow) {
        slow->unsubscribe();  // what is queued for it would take seconds
    }
    const std::uint64_t called = slow_calls.load(std::memory_order_relaxed);
    result.add("slow_calls", static_cast<double>(called));
    close_and_audit(bus, result, count * fast_handlers + called);
    return result;
}

}  // namespace

void add_isolation(std::vector<workload>& workloads) {
    workloads.push_back({"isolation_without", 300,
                         [](std::uint64_t count) { return isolation(neighbour::none, count); }});
    workloads.push_back({"isolation_with", 300,
                         [](std::uint64_t count) { return isolation(neighbour::sleeps, count); }});
    workloads.push_back({"isolation_floor", 300, [](std::uint64_t count) {
                             return isolation(neighbour::strangers, count);
                         }});
    workloads.push_back({"isolation_burning", 300,
                         [](std::uint64_t count) { return isolation(neighbour::burns, count); }});
}

}  // namespace bench
