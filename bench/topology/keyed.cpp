// SPDX-License-Identifier: MIT
#include "topology/engine_throughput.hpp"
#include "topology/workloads.hpp"

#include <cstdint>
#include <stdexcept>
#include <utility>

// Order:  publisher --> ordered lane --> runner(s), one per key at a time -> handler
// The same publisher and handler as one_to_one, which is the unordered one beside them; and other
// options of a subscription with a lane of its own.

namespace bench {

namespace {

// The number of an event's key, of so many: like ids that come in from outside, in no order.
template <std::uint64_t Keys>
struct scattered_key {
    std::uint64_t operator()(const sample<0>& event) const noexcept {
        return (event.body.sequence * 0x9e3779b97f4a7c15U >> 32U) % Keys;
    }
};

measurement with_options(unsigned publishers, stentor::subscription_options options,
                         std::uint64_t count) {
    const topology shape = one_topic(publishers, 1);
    ledger book(shape.handlers());
    stentor::bus bus(engine_options(stentor::profile::balanced, publishers == 1));
    const adder add{&book, 0};
    bus.keep(bus.subscribe<sample<0>>(
        "adder", [add](const sample<0>& event) { add(event.body); }, std::move(options)));
    bus.warm();
    measurement result = measure_throughput<1, 1>(
        shape, count, book, engine_workers(),
        [&](unsigned) { return leased_publisher(bus, std::make_index_sequence<1>{}); });
    close_and_audit(bus, result, book.delivered());
    return result;
}

stentor::subscription_options with_policies() {
    return {.retry = stentor::retry_policy{}, .breaker = stentor::breaker{}};
}

// The adder beside another subscription, of which so many calls in a thousand throw: what it costs
// those who do not fail. Each has a lane of its own.
measurement beside_failing(std::uint64_t failing_of_1000, std::uint64_t count) {
    const topology shape = one_topic(1, 1);
    ledger book(shape.handlers());
    auto options = engine_options(stentor::profile::balanced, true);
    options.log.on_error = [](const stentor::error_record&) {};
    stentor::bus bus(std::move(options));
    const adder add{&book, 0};
    bus.keep(bus.subscribe<sample<0>>("adder", [add](const sample<0>& event) { add(event.body); },
                                      {.placement = stentor::placement::own}));
    bus.keep(bus.subscribe<sample<0>>("other",
                                      [failing_of_1000](const sample<0>& event) {
                                          if (event.body.sequence % 1'000 < failing_of_1000) {
                                              throw std::runtime_error("no");
                                          }
                                      },
                                      {.placement = stentor::placement::own}));
    bus.warm();
    measurement result = measure_throughput<1, 1>(
        shape, count, book, engine_workers(),
        [&](unsigned) { return leased_publisher(bus, std::make_index_sequence<1>{}); });
    bus.wait_idle();
    std::int64_t others = 0;
    for (const auto& [name, terms] : bus.audit().subscriptions) {
        if (name == "other") {
            others = terms.completed;
            if ((terms.failed != 0) != (failing_of_1000 != 0)) {
                result.fail("audit: " + std::to_string(terms.failed) + " deliveries failed");
            }
        }
    }
    close_and_audit(bus, result, book.delivered() + static_cast<std::uint64_t>(others));
    return result;
}

measurement ordered_throughput(unsigned publishers, stentor::order order, std::uint64_t count) {
    return with_options(publishers, {.order = std::move(order)}, count);
}

}  // namespace

void add_keyed(std::vector<workload>& workloads) {
    workloads.push_back({"by_key_1k", 20'000, [](auto count) {
                             return ordered_throughput(1, stentor::by_key(scattered_key<1'000>{}),
                                                       count);
                         }});
    workloads.push_back({"by_key_1m", 20'000, [](auto count) {
                             return ordered_throughput(
                                 1, stentor::by_key(scattered_key<1'000'000>{}), count);
                         }});
    workloads.push_back({"serial", 20'000, [](auto count) {
                             return ordered_throughput(1, stentor::order::serial, count);
                         }});
    workloads.push_back({"by_key_1k_four_publishers", 20'000, [](auto count) {
                             return ordered_throughput(4, stentor::by_key(scattered_key<1'000>{}),
                                                       count);
                         }});
    // What a policy costs while nothing fails: the lane is the same.
    workloads.push_back({"own_lane", 20'000, [](auto count) {
                             return with_options(1, {.placement = stentor::placement::own}, count);
                         }});
    workloads.push_back({"retries", 20'000, [](auto count) {
                             return with_options(1, {.retry = stentor::retry_policy{}}, count);
                         }});
    workloads.push_back({"retries_and_breaker", 20'000,
                         [](auto count) { return with_options(1, with_policies(), count); }});
    workloads.push_back(
        {"beside_none_failing", 5'000, [](auto count) { return beside_failing(0, count); }});
    workloads.push_back(
        {"beside_1_percent_failing", 5'000, [](auto count) { return beside_failing(10, count); }});
}

}  // namespace bench
