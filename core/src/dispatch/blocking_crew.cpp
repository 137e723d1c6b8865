// SPDX-License-Identifier: MIT
#include "dispatch/blocking_crew.hpp"

#include "base/attempt.hpp"

namespace stentor::inline v0::detail {

namespace {

constexpr auto begin_patience = std::chrono::milliseconds(100);

}  // namespace

blocking_crew::blocking_crew(scheduler& shared, const crew_size& given)
    : crew(given), shared_(shared) {
    guests_.reserve(given.runners);
    threads_.reserve(given.runners);
}

void blocking_crew::park_all() noexcept {
    for (std::uint32_t index = 0; index < size.runners; ++index) {
        idle.begin_park(false);
    }
}

bool blocking_crew::start_one() noexcept {
    const auto next = threads();
    if (next >= runners_.size() || shared_.stopping.load(std::memory_order_acquire)) {
        return false;
    }
    bool begun = false;
    static_cast<void>(attempt([&] {
        auto one = std::make_unique<guest>();
        one->who = runners_[next];
        auto thread = make_thread_executor();
        runner_task* const task[] = {one.get()};
        guests_.push_back(std::move(one));
        threads_.push_back(std::move(thread));
        begun = threads_.back()->start(task, begin_patience) == 1;
        if (!begun && threads_.back()->join(std::chrono::nanoseconds(0))) {
            guests_.pop_back();  // there is no thread, rather than one that begins late
            threads_.pop_back();
        } else {
            begun = true;
        }
    }));
    if (begun) {
        started_.store(next + 1, std::memory_order_relaxed);
    }
    return begun;
}

// A permit that is still there although every thread is busy, or that was there at the last tick
// already, needs another thread. relaxed counts: the next tick looks again.
void blocking_crew::tend() noexcept {
    if (permits.unclaimed() == 0 || threads() >= runners_.size()) {
        unserved_ = false;
        return;
    }
    if (!unserved_ && permits.sleepers() != 0) {
        unserved_ = true;
        return;
    }
    unserved_ = false;
    static_cast<void>(start_one());
}

void blocking_crew::called() noexcept {
    if (threads() < size.runners) {
        shared_.wake_watch();
    }
}

bool blocking_crew::join(std::chrono::nanoseconds deadline) noexcept {
    bool all = true;
    for (const auto& one : threads_) {
        all = one->join(deadline) && all;
    }
    return all;
}

}  // namespace stentor::inline v0::detail
