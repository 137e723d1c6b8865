// SPDX-License-Identifier: MIT
#include "dispatch/runner.hpp"

#include <algorithm>
#include <utility>

// A runner that works on the thread of whoever asks it to, instead of one of its own.
namespace stentor::inline v0::detail {

namespace {

constexpr int batches_per_lane = 4;  // before another lane's turn
constexpr int fruitless_max = 8;     // looks at lanes whose entries are still being written

}  // namespace

std::size_t runner::poll(std::size_t max) noexcept {
    stepping_ = true;
    auto* before = exchange_current(this);
    shared_.refresh_coarse(shared_.now());
    if (!crew_.idle.cancel_park()) {
        static_cast<void>(crew_.permits.wait(-1));  // posted already, or about to be
        searching_ = true;
    }
    std::size_t done = 0;
    std::size_t id = 0;
    int fruitless = 0;
    while (done < max && fruitless < fruitless_max &&
           !shared_.stopping.load(std::memory_order_acquire) && crew_.ready.take(cursor_, id)) {
        auto* next = shared_.lane_at(id);
        holding_.store(next, std::memory_order_release);
        if (!next->hold.keep() && next->state.enter()) {
            linger_ = next;
            const auto some = poll_lane(*next, max - done);
            done += some;
            fruitless = some == 0 ? fruitless + 1 : 0;
            let_go();
        } else {
            holding_.store(nullptr, std::memory_order_release);
        }
    }
    pay_debt();
    exchange_current(before);
    stepping_ = false;
    // As a runner that parks: the last look finds what was made ready meanwhile, or left behind,
    // and then the loop is told.
    crew_.idle.begin_park(std::exchange(searching_, false));
    if (!crew_.ready.empty()) {
        crew_.wake_one();
    }
    return done;
}

std::size_t runner::poll_lane(lane& from, std::size_t max) noexcept {
    std::size_t done = 0;
    for (int turn = 0; done < max && turn < batches_per_lane; ++turn) {
        if (from.hold.on() || from.dropping()) {
            drop_queued(from);
            break;  // what is pending schedules the lane, for whoever then keeps it
        }
        if (from.take_notice()) {
            tell_drops(from);
        }
        auto limit = std::min(max - done, from.batched() ? batch_max : batch_unknown);
        if (from.gate != nullptr && !pass_gate(from, limit, false)) {
            break;
        }
        const auto count = take(from, limit);
        if (count == 0) {
            break;
        }
        process(from, count);
        done += count;
        if (from.answers() && let_rest(from, count)) {
            break;
        }
    }
    return done;
}

// The life of a runner whose thread was started because there is a permit for it.
void runner::run_called() noexcept {
    searching_ = false;
    begins_asleep_ = true;
    run();
}

}  // namespace stentor::inline v0::detail
