// SPDX-License-Identifier: MIT
#include "dispatch/runner.hpp"

// What a runner does that is no entry of a lane.
namespace stentor::inline v0::detail {

namespace {

constexpr int continuations_per_turn = 16;

}  // namespace

// A turn of continuations. Another runner is called for the rest before the first one runs, because
// nobody knows how long it takes.
void runner::run_continuations() noexcept {
    const auto nested = continuations_in_hand_.load(std::memory_order_relaxed);
    for (int turn = 0; turn < continuations_per_turn; ++turn) {
        bool more = false;
        auto* next = shared_.continuations.pop(more);
        if (more && turn == 0) {
            shared_.ready.insert(continuation_queue::ready_bit);
            shared_.wake_one();
        }
        if (next == nullptr) {
            return;
        }
        continuations_in_hand_.store(nested + 1, std::memory_order_release);
        begin_run(false);
        shared_.continuations.run(*next, continuation::fate::run);
        end_run_apart();
        continuations_in_hand_.store(nested, std::memory_order_release);
        if (surplus_ || shared_.virtual_time() ||
            shared_.stopping.load(std::memory_order_relaxed)) {
            return;  // with virtual time a step is one continuation
        }
    }
}

}  // namespace stentor::inline v0::detail
