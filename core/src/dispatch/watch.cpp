// SPDX-License-Identifier: MIT
#include "dispatch/watch.hpp"

#include "dispatch/thread_setup.hpp"

#include <algorithm>
#include <limits>
#include <system_error>

namespace stentor::inline v0::detail {

bool watch::start(std::span<runner* const> runners) noexcept {
#if defined(__cpp_exceptions)
    try {
        runners_.assign(runners.begin(), runners.end());
        thread_ = std::thread([this] { run(); });
    } catch (...) {
        return false;
    }
#else
    runners_.assign(runners.begin(), runners.end());
    thread_ = std::thread([this] { run(); });
#endif
    return true;
}

void watch::stop() noexcept {
    stop_.store(true, std::memory_order_seq_cst);
    shared_.watch_epoch.fetch_add(1, std::memory_order_release);
    futex_wake_all(shared_.watch_epoch);
    if (thread_.joinable()) {
        thread_.join();
    }
}

void watch::run() noexcept {
    const quiet_thread signals;
    reset_affinity();
    name_thread("stentor-watch", -1);
    int quiet = 0;
    while (!stop_.load(std::memory_order_acquire)) {
        const auto epoch = shared_.watch_epoch.load(std::memory_order_acquire);
        tick();
        const bool hooks = shared_.hooks_running.load(std::memory_order_relaxed) != 0;
        quiet = shared_.all_rest() && !hooks ? quiet + 1 : 0;
        if (quiet >= quiet_ticks) {
            maintain_(true);
            sleep_until_needed();
            quiet = 0;
        } else if (!stop_.load(std::memory_order_acquire)) {
            wait_for_tick(epoch);
        }
    }
}

// A nap when nothing wants a look before it is over; who then does ends it. [PAIR watch]
void watch::wait_for_tick(std::uint32_t epoch) noexcept {
    // A call that a nap ended in may be a long one: the next look says.
    const bool naps = calm_ >= calm_ticks && !(napped_ && inside_);
    napped_ = naps;
    if (!naps) {
        futex_wait(shared_.watch_epoch, epoch, tick_ns);
        return;
    }
    shared_.watch_naps.store(true, std::memory_order_seq_cst);
    if (nothing_due() && !shared_.debts.load(std::memory_order_seq_cst)) {
        futex_wait(shared_.watch_epoch, epoch, nap_ns);
    }
    shared_.watch_naps.store(false, std::memory_order_seq_cst);
}

bool watch::nothing_due() const noexcept {
    return shared_.only_pool() && shared_.resting.empty() &&
           shared_.clock_work.next_look() == timer_wheel::never;
}

void watch::tick() noexcept {
    const auto now = shared_.now();
    shared_.refresh_coarse(now);
    auto seen = runner::sight::nothing;
    for (auto* one : runners_) {
        seen = std::max(seen, one->check_overdue());
    }
    inside_ = seen != runner::sight::nothing;
    calm_ = seen != runner::sight::long_call && nothing_due() &&
                    !shared_.debts.load(std::memory_order_relaxed)
                ? calm_ + 1
                : 0;
    if (shared_.lateness != nullptr) {
        shared_.lateness->look(now);
    }
    if (shared_.debts.load(std::memory_order_relaxed) &&
        shared_.debts.exchange(false, std::memory_order_acquire)) {
        shared_.look_at_all_lanes();
    }
    shared_.for_each_crew([this](crew& one) {
        release_quick_waiters(shared_, one);
        release_rested(shared_, one);
        while (one.admit_waiting_slow()) {
        }
        one.tend();
    });
    shared_.look_at_timers(shared_.now());
    if (shared_.take_maintenance_request()) {
        maintain_(false);
    }
}

// Until a runner wakes up or a moment comes that somebody waits for. Whoever sets an earlier timer
// looks at watch_sleeps after its turn with the timers' lock, this one before its own.
void watch::sleep_until_needed() noexcept {
    const auto epoch = shared_.watch_epoch.load(std::memory_order_acquire);
    shared_.watch_sleeps.store(true, std::memory_order_seq_cst);  // [PAIR watch]
    while (!stop_.load(std::memory_order_seq_cst) && !shared_.maintenance_requested() &&
           shared_.hooks_running.load(std::memory_order_seq_cst) == 0 &&  // [PAIR watch]
           shared_.all_rest() && shared_.watch_epoch.load(std::memory_order_acquire) == epoch) {
        futex_wait(shared_.watch_epoch, epoch, patience());
        shared_.look_at_timers(shared_.now());
        if (watches_inlines()) {
            shared_.lateness->look(shared_.now());
        }
    }
    shared_.watch_sleeps.store(false, std::memory_order_seq_cst);
}

// Nanoseconds until the next timer; -1: for ever.
std::int64_t watch::patience() const noexcept {
    const auto next = shared_.clock_work.next_look();
    if (next == timer_wheel::never && !watches_inlines()) {
        return -1;
    }
    if (shared_.virtual_time()) {
        return tick_ns;  // time comes when it is told to
    }
    const auto timer = next == timer_wheel::never ? std::numeric_limits<std::int64_t>::max()
                                                  : std::max<std::int64_t>(next - shared_.now(), 0);
    return watches_inlines() ? std::min(timer, shared_.what.late_after_ns / 2 + 1) : timer;
}

bool watch::watches_inlines() const noexcept {
    return shared_.inlines.load(std::memory_order_relaxed) && shared_.lateness != nullptr &&
           shared_.what.late_after_ns != 0;
}

}  // namespace stentor::inline v0::detail
