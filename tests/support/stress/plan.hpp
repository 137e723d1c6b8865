// SPDX-License-Identifier: MIT
#pragma once

#include "support/stress/events.hpp"
#include <stentor/bus/bus_options.hpp>
#include <stentor/registry/subscription_options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// One stress round, drawn from a seed: who publishes what, who listens how, on which kind of bus.
//
// Threads: values.
namespace stentor::stress {

// What a round dwells on. Every part draws profile, executor, runners and publishers anew.
enum class part {
    slots,    // events in slots, quick handlers: volume
    boxed,    // envelopes, texts, metadata, expiry, little memory
    fan_out,  // many subscriptions, patterns
    full,     // capacities that are always reached; reject, required, block
    trouble,  // handlers that throw, dawdle by surprise and publish
    drained,  // all of it, with the bus drained at any point
    ordered,  // subscriptions that are serial, or have a key: the publisher
    meshes,   // subscriptions that come after others, with and without their success
};

struct subscription_plan {
    std::size_t topic = 0;  // when there is no pattern
    std::string pattern{};
    subscription_options options{};
    bool keyed = false;  // by the publisher; else options.order says it all
    // Subscriptions of the plan, by number, that it comes after. All have smaller numbers.
    std::vector<std::size_t> follows{};
    // Decided by the event's dice. 0: never.
    std::uint64_t throws_one_in = 0;
    std::uint64_t dawdles_one_in = 0;
    std::int64_t dawdles_us = 0;
    std::uint64_t echoes_one_in = 0;

    [[nodiscard]] bool serial() const noexcept { return options.order == order::serial; }
    [[nodiscard]] bool single() const noexcept { return options.max_concurrency == 1 || serial(); }
    // Each publisher's events come in their order, through whichever slots it publishes.
    [[nodiscard]] bool ordered() const noexcept { return keyed || serial(); }
    // Through slots of their own also these: calls do not overlap, and no turn comes late.
    [[nodiscard]] bool fifo() const noexcept { return single() && follows.empty(); }
    [[nodiscard]] bool bounded() const noexcept {
        return options.capacity != subscription_capacity_default;
    }
    [[nodiscard]] bool gets(std::size_t topic) const;
};

struct plan {
    stress::part part = part::slots;
    std::uint64_t seed = 0;
    stentor::profile profile = stentor::profile::balanced;
    std::int32_t workers = 0;
    std::int32_t spare = 2;
    std::int64_t capacity = std::int64_t{1} << 20;
    std::int64_t memory = std::int64_t{256} << 20;
    std::int32_t slots = 64;  // of publishers
    bool thread_executor = false;
    std::vector<std::size_t> topics{};
    std::vector<subscription_plan> subscriptions{};
    std::size_t publishers = 1;
    std::uint64_t events_each = 0;  // of one publisher
    std::size_t bulk = 1;           // events in one call, when more than 1
    bool leased = false;            // publishers hold a slot of their own by name
    std::uint64_t options_one_in = 0;
    std::uint64_t expires_one_in = 0;
    std::uint64_t pauses_one_in = 0;
    // Percent of the events after which the bus is drained, and how long the drain may take.
    std::uint64_t drain_at = 100;
    std::int64_t drain_us = 0;

    // Each publisher has a producer of its own in every lane, so its order is promised.
    [[nodiscard]] bool fifo() const noexcept {
        return static_cast<std::size_t>(slots) >= publishers + 16;
    }
    [[nodiscard]] bool echoes() const;
    [[nodiscard]] bus_options options() const;
    [[nodiscard]] std::uint64_t events() const noexcept { return publishers * events_each; }
};

[[nodiscard]] plan draw(part what, std::uint64_t seed);
[[nodiscard]] const char* name_of(part what) noexcept;
// One paragraph, for a failure's report.
[[nodiscard]] std::string describe(const plan& what);

}  // namespace stentor::stress
