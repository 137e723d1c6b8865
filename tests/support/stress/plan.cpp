// SPDX-License-Identifier: MIT
#include "support/stress/plan.hpp"

#include "support/stress/settings.hpp"
#include <stentor/dispatch/executor.hpp>
#include <stentor/event/pattern.hpp>

#include <algorithm>
#include <chrono>
#include <numeric>

namespace stentor::stress {

namespace {

constexpr const char* patterns[] = {"stress.>",       "stress.*.a",    "stress.*.b",
                                    "stress.pulse.*", "stress.text.>", "stress.letter.a",
                                    "*.brick.>"};

std::vector<std::size_t> some_topics(random_source& dice, std::size_t below, std::size_t most) {
    std::vector<std::size_t> all(below);
    std::iota(all.begin(), all.end(), std::size_t{0});
    for (auto left = all.size(); left > 1; --left) {
        std::swap(all[left - 1], all[dice.next() % left]);
    }
    all.resize(dice.within(1, most));
    return all;
}

// Either of one of the plan's types, or a pattern.
subscription_plan some_subscription(random_source& dice, const plan& whole,
                                    std::uint64_t pattern_one_in) {
    subscription_plan made;
    made.topic = whole.topics[dice.next() % whole.topics.size()];
    if (made.topic >= text_first) {
        made.pattern = topic_names[made.topic];
    }
    if (dice.one_in(pattern_one_in)) {
        made.pattern = dice.of(patterns);
    }
    if (dice.one_in(3)) {
        made.options.max_concurrency = static_cast<std::int32_t>(dice.within(1, 2));
    } else if (dice.one_in(3)) {
        made.options.placement = dice.of({placement::own, placement::shared});
    }
    return made;
}

void draw_bus(random_source& dice, plan& made) {
    made.profile = dice.of({profile::balanced, profile::low_latency, profile::efficient});
    made.workers = dice.of({0, 1, 2, 3});
    made.spare = dice.of({0, 1, 2, 2});
    made.slots = dice.one_in(8) ? 2 : 64;
    made.thread_executor = dice.one_in(2);
    made.publishers = dice.within(1, 8);
    made.pauses_one_in = dice.of<std::uint64_t>({0, 0, 100, 5'000});
}

void draw_slots(random_source& dice, plan& made) {
    made.events_each = 2'000'000 / made.publishers;
    made.leased = dice.one_in(6);
    made.topics = made.leased ? std::vector<std::size_t>{0} : some_topics(dice, 3, 3);
    made.bulk = !made.leased && dice.one_in(3) ? dice.within(2, 64) : 1;
    const auto count = dice.within(1, 4);
    for (std::uint64_t index = 0; index < count; ++index) {
        made.subscriptions.push_back(some_subscription(dice, made, 4));
    }
}

void draw_boxed(random_source& dice, plan& made) {
    made.events_each = 240'000 / made.publishers;
    made.topics = some_topics(dice, echo_topic, echo_topic);
    made.options_one_in = dice.of<std::uint64_t>({0, 2, 50});
    made.expires_one_in = dice.of<std::uint64_t>({0, 0, 100});
    made.memory = dice.one_in(4) ? 1 << 18 : made.memory;
    made.capacity =
        dice.one_in(3) ? static_cast<std::int64_t>(dice.within(1, 4'000)) : made.capacity;
    made.bulk = dice.one_in(4) ? dice.within(2, 16) : 1;
    const auto count = dice.within(1, 6);
    for (std::uint64_t index = 0; index < count; ++index) {
        made.subscriptions.push_back(some_subscription(dice, made, 2));
        if (dice.one_in(4)) {
            made.subscriptions.back().options.placement = placement::automatic;
            made.subscriptions.back().options.capacity =
                static_cast<std::int64_t>(dice.within(1, 2'000));
        }
    }
}

void draw_fan_out(random_source& dice, plan& made) {
    made.events_each = 60'000 / made.publishers;
    made.topics = some_topics(dice, echo_topic, echo_topic);
    made.bulk = dice.one_in(4) ? dice.within(2, 64) : 1;
    const auto count = dice.within(8, 40);
    for (std::uint64_t index = 0; index < count; ++index) {
        made.subscriptions.push_back(some_subscription(dice, made, 2));
    }
}

void draw_full(random_source& dice, plan& made) {
    made.events_each = 240'000 / made.publishers;
    made.topics = some_topics(dice, echo_topic, 4);
    made.bulk = dice.one_in(4) ? dice.within(2, 64) : 1;
    made.capacity = dice.one_in(3) ? static_cast<std::int64_t>(dice.within(1, 100)) : made.capacity;
    const auto count = dice.within(1, 5);
    for (std::uint64_t index = 0; index < count; ++index) {
        auto one = some_subscription(dice, made, 3);
        one.options.placement = placement::automatic;
        one.options.capacity = static_cast<std::int64_t>(dice.one_in(3) ? 1 : dice.within(1, 64));
        one.options.required = dice.one_in(4);
        if (dice.one_in(4)) {
            one.options.when_full =
                when_full::block{std::chrono::microseconds(dice.of({0, 50, 2'000}))};
        }
        one.echoes_one_in = dice.one_in(3) ? 20 : 0;
        made.subscriptions.push_back(std::move(one));
    }
}

void draw_trouble(random_source& dice, plan& made) {
    made.events_each = 120'000 / made.publishers;
    made.topics = some_topics(dice, echo_topic, 5);
    const auto count = dice.within(2, 8);
    for (std::uint64_t index = 0; index < count; ++index) {
        auto one = some_subscription(dice, made, 3);
        one.throws_one_in = dice.of<std::uint64_t>({0, 100, 100});
        one.dawdles_one_in = dice.of<std::uint64_t>({0, 0, 3'000, 200});
        one.dawdles_us = one.dawdles_one_in == 200 ? 60 : dice.of({300, 2'000});
        one.echoes_one_in = dice.of<std::uint64_t>({0, 0, 10, 100});
        made.subscriptions.push_back(std::move(one));
    }
}

void draw_ordered(random_source& dice, plan& made) {
    made.events_each = 240'000 / made.publishers;
    made.topics = some_topics(dice, echo_topic, 4);
    made.bulk = dice.one_in(3) ? dice.within(2, 64) : 1;
    const auto count = dice.within(1, 5);
    for (std::uint64_t index = 0; index < count; ++index) {
        auto one = some_subscription(dice, made, 3);
        one.options.placement = placement::automatic;
        one.keyed = dice.one_in(2);
        if (!one.keyed && dice.one_in(2)) {
            one.options.order = order::serial;
            one.options.max_concurrency = 0;
        }
        if (dice.one_in(3)) {
            one.options.capacity = static_cast<std::int64_t>(dice.within(1, 500));
        }
        one.throws_one_in = dice.of<std::uint64_t>({0, 0, 1'000});
        one.dawdles_one_in = dice.of<std::uint64_t>({0, 0, 20'000});
        one.dawdles_us = dice.of({60, 1'000});
        one.echoes_one_in = dice.of<std::uint64_t>({0, 0, 50});
        made.subscriptions.push_back(std::move(one));
    }
    made.drain_at = dice.one_in(4) ? dice.within(0, 100) : 100;
    made.drain_us = dice.of({0, 100, 2'000});
}

void draw_meshes(random_source& dice, plan& made) {
    made.events_each = 120'000 / made.publishers;
    made.topics = some_topics(dice, echo_topic, 2);
    made.bulk = dice.one_in(4) ? dice.within(2, 64) : 1;
    const auto count = dice.within(3, 8);
    for (std::uint64_t index = 0; index < count; ++index) {
        auto one = some_subscription(dice, made, 2);
        one.keyed = dice.one_in(3);
        if (!one.keyed && dice.one_in(3)) {
            one.options.order = order::serial;
            one.options.max_concurrency = 0;
        }
        if (one.keyed || one.serial() || dice.one_in(4)) {
            one.options.placement = placement::automatic;
        }
        if (one.options.placement == placement::automatic && dice.one_in(4)) {
            one.options.capacity = static_cast<std::int64_t>(dice.within(1, 500));
            one.options.required = dice.one_in(6);
        }
        one.throws_one_in = dice.of<std::uint64_t>({0, 0, 20});
        one.dawdles_one_in = dice.of<std::uint64_t>({0, 0, 5'000});
        one.dawdles_us = dice.of({60, 1'000});
        one.echoes_one_in = dice.of<std::uint64_t>({0, 0, 50});
        made.subscriptions.push_back(std::move(one));
    }
    made.drain_at = dice.one_in(4) ? dice.within(0, 100) : 100;
    made.drain_us = dice.of({0, 100, 2'000});
}

// One in `times` of the subscriptions that may comes after up to three of those before it.
void let_some_follow(random_source& dice, plan& made, std::uint64_t times) {
    for (std::size_t index = 1; index < made.subscriptions.size(); ++index) {
        auto& one = made.subscriptions[index];
        if (one.options.placement == placement::shared || !dice.one_in(times)) {
            continue;
        }
        for (auto count = dice.within(1, 3); count != 0; --count) {
            const auto other = static_cast<std::size_t>(dice.next() % index);
            if (std::ranges::find(one.follows, other) == one.follows.end()) {
                one.follows.push_back(other);
            }
        }
        one.options.require_success = dice.one_in(3);
    }
}

void draw_drained(random_source& dice, plan& made) {
    if (dice.one_in(2)) {
        draw_trouble(dice, made);
    } else if (dice.one_in(2)) {
        draw_full(dice, made);
    } else {
        draw_boxed(dice, made);
    }
    made.events_each = 60'000 / made.publishers;
    made.drain_at = dice.within(0, 100);
    made.drain_us = dice.of({0, 0, 100, 2'000, 50'000});
}

std::string whom(const subscription_plan& one) {
    std::string text;
    for (const auto other : one.follows) {
        text += (text.empty() ? ", after s" : " and s") + std::to_string(other);
    }
    return text + (one.options.require_success ? " if they succeed" : "");
}

// Nobody publishes what nobody hears, or the sums would not tell a lost event from an unwanted one.
void cover_topics(plan& made) {
    auto topics = made.topics;
    if (made.echoes()) {
        topics.push_back(echo_topic);
    }
    for (const auto topic : topics) {
        const bool heard = std::ranges::any_of(
            made.subscriptions, [topic](const auto& one) { return one.gets(topic); });
        if (!heard) {
            subscription_plan one;
            one.topic = topic;
            one.pattern = topic >= text_first && topic != echo_topic ? topic_names[topic] : "";
            made.subscriptions.push_back(std::move(one));
        }
    }
}

}  // namespace

bool subscription_plan::gets(std::size_t other) const {
    return pattern.empty() ? topic == other : stentor::pattern(pattern).matches(topic_names[other]);
}

bool plan::echoes() const {
    return std::ranges::any_of(subscriptions,
                               [](const auto& one) { return one.echoes_one_in != 0; });
}

bus_options plan::options() const {
    bus_options made;
    made.profile = profile;
    made.workers = workers;
    made.spare = spare;
    made.capacity = capacity;
    made.memory = memory;
    made.publishers = slots;
    if (thread_executor) {
        made.executor = make_thread_executor();
    }
    return made;
}

plan draw(part what, std::uint64_t seed) {
    random_source dice(seed * 16 + static_cast<std::uint64_t>(what));
    plan made;
    made.part = what;
    made.seed = seed;
    draw_bus(dice, made);
    switch (what) {
        case part::slots: draw_slots(dice, made); break;
        case part::boxed: draw_boxed(dice, made); break;
        case part::fan_out: draw_fan_out(dice, made); break;
        case part::full: draw_full(dice, made); break;
        case part::trouble: draw_trouble(dice, made); break;
        case part::drained: draw_drained(dice, made); break;
        case part::ordered: draw_ordered(dice, made); break;
        case part::meshes: draw_meshes(dice, made); break;
    }
    if (what == part::meshes) {
        let_some_follow(dice, made, 2);
    } else if (what != part::slots && dice.one_in(4)) {
        let_some_follow(dice, made, 4);
    }
    made.events_each = std::max<std::uint64_t>(made.events_each / cost, 100);
    cover_topics(made);
    return made;
}

const char* name_of(part what) noexcept {
    constexpr const char* names[] = {"slots",   "boxed",   "fan_out", "full",
                                     "trouble", "drained", "ordered", "meshes"};
    return names[static_cast<std::size_t>(what)];
}

std::string describe(const plan& what) {
    constexpr const char* profiles[] = {"balanced", "low_latency", "efficient"};
    std::string text =
        std::string("part ") + name_of(what.part) + ", seed " + std::to_string(what.seed) + ": " +
        std::to_string(what.publishers) + " publishers of " + std::to_string(what.events_each) +
        " events, bulk " + std::to_string(what.bulk) + (what.leased ? ", leased" : "") + ", " +
        profiles[static_cast<std::size_t>(what.profile)] + " on " +
        (what.thread_executor ? "threads" : "the default executor") + ", workers " +
        std::to_string(what.workers) + " + " + std::to_string(what.spare) + ", slots " +
        std::to_string(what.slots) + ", capacity " + std::to_string(what.capacity) + ", memory " +
        std::to_string(what.memory) + ", drained at " + std::to_string(what.drain_at) + " % for " +
        std::to_string(what.drain_us) + " us\n  topics:";
    for (const auto topic : what.topics) {
        text += ' ';
        text += topic_names[topic];
    }
    for (std::size_t index = 0; index < what.subscriptions.size(); ++index) {
        const auto& one = what.subscriptions[index];
        text +=
            "\n  s" + std::to_string(index) + ": " +
            (one.pattern.empty() ? std::string(topic_names[one.topic]) : one.pattern) +
            ", capacity " + std::to_string(one.options.capacity) +
            (one.options.required ? ", required" : "") +
            (one.options.when_full.blocks()
                 ? ", blocks " + std::to_string(one.options.when_full.deadline().count()) + " ns"
                 : "") +
            (one.serial() ? ", serial"
             : one.keyed  ? ", by key"
                          : "") +
            whom(one) + ", concurrency " + std::to_string(one.options.max_concurrency) +
            ", placement " + std::to_string(static_cast<int>(one.options.placement)) +
            ", throws 1/" + std::to_string(one.throws_one_in) + ", dawdles 1/" +
            std::to_string(one.dawdles_one_in) + " for " + std::to_string(one.dawdles_us) +
            " us, echoes 1/" + std::to_string(one.echoes_one_in);
    }
    return text + '\n';
}

}  // namespace stentor::stress
