// SPDX-License-Identifier: MIT
#pragma once

#include "support/stress/ledger.hpp"
#include "support/stress/plan.hpp"
#include "support/stress/watchdog.hpp"
#include <stentor/registry/context.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

// The handler of a stress round: records what it gets and misbehaves as its plan says.
//
// Threads: take() any number of runners at once.
namespace stentor::stress {

inline constexpr std::size_t status_count =
    static_cast<std::size_t>(stentor::publish_status::rejected_interceptor) + 1;

// What publishers were told, counted by status.
class status_counts {
public:
    void add(publish_status status, std::uint64_t amount = 1) noexcept {
        counts_[static_cast<std::size_t>(status)].fetch_add(amount, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t of(publish_status status) const noexcept {
        return counts_[static_cast<std::size_t>(status)].load(std::memory_order_relaxed);
    }

private:
    std::array<std::atomic<std::uint64_t>, status_count> counts_{};
};

// What handlers publish into; shared by all sinks of a round.
struct echo_side {
    sent_log& sent;
    status_counts& told;
    std::size_t first_stream;  // streams of sink i begin at first_stream + i * streams_each
    std::size_t streams_each;
};

class sink {
public:
    sink(const subscription_plan& what, std::size_t index, std::size_t streams,
         std::size_t publishers, bool fifo, const echo_side& echoes, watchdog& dog)
        : log(streams, publishers, what.single(), what.ordered() || (fifo && what.fifo())),
          what_(what),
          index_(index),
          echoes_(echoes),
          dog_(dog),
          simple_(what.throws_one_in + what.dawdles_one_in + what.echoes_one_in == 0) {}

    void take(const stamp& mark, context& about);

    // After this, a call is a call too many: the subscription or the bus is over.
    void close() noexcept { closed_.store(true); }

    received_log log;
    std::atomic<std::uint64_t> begun{0};  // calls; kept for bounded subscriptions only
    std::atomic<std::uint64_t> thrown{0};
    std::atomic<std::uint64_t> late{0};  // calls after close()

private:
    void misbehave(const stamp& mark, context& about);
    void publish_echo(const stamp& mark, context& about);

    const subscription_plan& what_;
    const std::size_t index_;
    const echo_side& echoes_;
    watchdog& dog_;
    const bool simple_;
    std::atomic<bool> closed_{false};
};

}  // namespace stentor::stress
