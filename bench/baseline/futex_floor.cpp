// SPDX-License-Identifier: MIT
#include "support/latency.hpp"
#include "support/protocol.hpp"

#include <array>
#include <atomic>
#include <climits>
#include <thread>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

// What waking a sleeping thread costs on this machine, with nothing around it: the floor of every
// dispatcher that gives the core away when it is idle.
//
//   publisher --store, futex wake--> sleeping thread -> handler

namespace {

using namespace bench;

static_assert(sizeof(std::atomic<int>) == sizeof(int), "a futex word is a plain int");

void futex_wait(std::atomic<int>& word, int expected) noexcept {
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}

void futex_wake(std::atomic<int>& word) noexcept {
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

// One event in flight; the sleeper sleeps again as soon as it has handled it.
class sleeper_slot {
public:
    void publish(const payload& event) {
        // A slow wake-up delays the next event, which its schedule stamp will show.
        while (taken_.load(std::memory_order_acquire) != word_.load(std::memory_order_relaxed)) {
            spin_pause();
        }
        event_ = event;
        word_.fetch_add(1, std::memory_order_release);
        futex_wake(word_);
    }

    template <class Handler>
    void consume(std::stop_token stop, Handler handler) {
        for (int seen = 0;;) {
            while (word_.load(std::memory_order_acquire) == seen) {
                futex_wait(word_, seen);
            }
            if (stop.stop_requested()) {
                return;
            }
            ++seen;
            handler(event_);
            taken_.store(seen, std::memory_order_release);
        }
    }

    void wake_for_stop() {
        word_.fetch_add(1, std::memory_order_release);
        futex_wake(word_);
    }

private:
    std::atomic<int> word_{0};   // events published; written by the publisher
    std::atomic<int> taken_{0};  // events handled; written by the sleeper
    payload event_;
};

measurement open_loop(double rate, std::uint64_t count) {
    ledger book(1);
    delay_book delays(count);
    sleeper_slot slot;
    std::jthread sleeper([&](std::stop_token stop) {
        keep_off_publisher();
        slot.consume(stop, delay_recorder{&delays, &book, 0});
    });
    measurement result =
        open_loop_run(rate, count, book).run(delays, count, [&](const payload& event) {
            slot.publish(event);
        });
    result.threads = 2;
    sleeper.request_stop();
    slot.wake_for_stop();
    sleeper.join();
    verify_each_handler(result, book, count);
    return result;
}

}  // namespace

int main(int argc, char** argv) {
    const std::array workloads{
        workload{"latency_1k", 20, [](auto n) { return open_loop(1e3, n); }},
        workload{"latency_10k", 200, [](auto n) { return open_loop(1e4, n); }},
    };
    return serve("futex_floor", workloads, argc, argv);
}
