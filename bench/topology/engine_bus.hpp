// SPDX-License-Identifier: MIT
#pragma once

#include "support/backoff.hpp"
#include "support/ledger.hpp"
#include "support/measurement.hpp"
#include "support/payload.hpp"
#include "support/topology.hpp"
#include <stentor/stentor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <utility>

// The engine as its users write it, under the benches' rules: default options but for the profile,
// handlers that add events up, a publisher that pauses while it is refused because the bus is full.

namespace bench {

// Runners keep off the CPU of a single publisher, like every competitor's consumers.
[[nodiscard]] stentor::bus_options engine_options(stentor::profile profile, bool one_publisher);

// Runners that work at the same time when the options leave it to the bus.
[[nodiscard]] unsigned engine_workers() noexcept;

[[noreturn]] void stop_on_refusal(stentor::publish_status status) noexcept;

// Back-pressure: refused because full means try again; anything else means the bench is wrong.
template <class Publish>
void publish_until_accepted(Publish publish) {
    backoff full;
    for (;;) {
        const stentor::publish_status status = publish().status();
        if (status == stentor::publish_status::accepted) [[likely]] {
            return;
        }
        if (status != stentor::publish_status::rejected_full) {
            stop_on_refusal(status);
        }
        full.wait();
    }
}

// bus.publish(event): the thread's sticky slot is looked up each time.
class plain_publisher {
public:
    explicit plain_publisher(stentor::bus& bus) : bus_(bus) {}

    template <std::size_t Topic>
    void operator()(const sample<Topic>& event) {
        publish_until_accepted([&] { return bus_.publish(event); });
    }

    void bulk(std::span<const sample<0>> events) {
        backoff full;
        while (!events.empty()) {
            const std::size_t taken = bus_.publish_bulk(events);
            events = events.subspan(taken);
            if (!events.empty()) {
                full.wait();
            }
        }
    }

private:
    stentor::bus& bus_;
};

// bus.publisher<E>(): a lease per type, for a hot thread.
template <std::size_t... Topic>
class leased_publisher {
public:
    leased_publisher(stentor::bus& bus, std::index_sequence<Topic...>)
        : leases_(bus.publisher<sample<Topic>>()...) {}

    template <std::size_t Wanted>
    void operator()(const sample<Wanted>& event) {
        publish_until_accepted([&] { return std::get<Wanted>(leases_).publish(event); });
    }

private:
    std::tuple<stentor::publisher<sample<Topic>>...> leases_;
};

// Subscribes every handler of the shape and lets the bus keep them.
template <std::size_t Topics>
void subscribe_adders(stentor::bus& bus, const topology& shape, ledger& book) {
    [&]<std::size_t... Topic>(std::index_sequence<Topic...>) {
        const auto one_topic_of =
            [&]<std::size_t Wanted>(std::integral_constant<std::size_t, Wanted>) {
                for (const std::size_t handler : shape.listeners[Wanted]) {
                    const adder add{&book, handler};
                    bus.keep(bus.subscribe<sample<Wanted>>(
                        "adder." + std::to_string(handler),
                        [add](const sample<Wanted>& event) { add(event.body); }));
                }
            };
        (one_topic_of(std::integral_constant<std::size_t, Topic>{}), ...);
    }(std::make_index_sequence<Topics>{});
}

// Adds the engine's own view to the result, drains, and fails the run when the audit does not
// balance or events are missing from it.
void close_and_audit(stentor::bus& bus, measurement& result, std::uint64_t deliveries_expected);

}  // namespace bench
