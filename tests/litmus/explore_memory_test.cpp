// SPDX-License-Identifier: MIT
#include "support/explore/expect.hpp"
#include "support/explore/sync.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

// The explorer's memory models: the classic litmus tests show exactly the outcomes that each model
// allows, no more and no fewer.
namespace {

using namespace stentor::explore;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto seq_cst = std::memory_order_seq_cst;

using outcomes = std::set<std::string>;

outcomes outcomes_of(const char* name, std::vector<memory_model> models, const scenario& body) {
    plan what;
    what.name = std::string("explore_memory.") + name;
    what.schedules = 20'000;
    what.models = std::move(models);
    outcomes seen;
    for (const auto& [outcome, count] : expect_holds(what, body)) {
        seen.insert(outcome);
    }
    return seen;
}

struct two_words {
    explored_sync::atomic<int> x{0};
    explored_sync::atomic<int> y{0};
    int first = -1;
    int second = -1;
    void observe(world& world) const {
        world.observe(std::to_string(first) + " " + std::to_string(second));
    }
};

enum class between { nothing, full, light_and_heavy, light_and_light };

void separate(between what, bool rare_side) {
    switch (what) {
        case between::nothing: break;
        case between::full: explored_sync::full_fence(); break;
        case between::light_and_light: explored_sync::light_fence(); break;
        case between::light_and_heavy:
            rare_side ? explored_sync::heavy_fence() : explored_sync::light_fence();
            break;
    }
}

// x = 1; read y || y = 1; read x
scenario store_buffering(between what, std::memory_order stores = relaxed,
                         std::memory_order loads = relaxed) {
    return [=](world& world) {
        auto& words = world.make<two_words>();
        world.task("left", [&words, what, stores, loads] {
            words.x.store(1, stores);
            separate(what, false);
            words.first = words.y.load(loads);
        });
        world.task("right", [&words, what, stores, loads] {
            words.y.store(1, stores);
            separate(what, true);
            words.second = words.x.load(loads);
        });
        world.at_end([&words, &world] { words.observe(world); });
    };
}

// x = 1; y = 1 || read y; read x
scenario message_passing(std::memory_order stores, std::memory_order loads) {
    return [=](world& world) {
        auto& words = world.make<two_words>();
        world.task("sender", [&words, stores] {
            words.x.store(1, relaxed);
            words.y.store(1, stores);
        });
        world.task("receiver", [&words, loads] {
            words.first = words.y.load(loads);
            words.second = words.x.load(relaxed);
        });
        world.at_end([&words, &world] { words.observe(world); });
    };
}

const outcomes one_sees_the_other{"0 1", "1 0", "1 1"};
const outcomes anything{"0 0", "0 1", "1 0", "1 1"};

TEST(explore_memory, shows_the_outcomes_of_store_buffering) {
    EXPECT_EQ(one_sees_the_other,
              outcomes_of("sb", {memory_model::sc}, store_buffering(between::nothing)));
    for (const auto model : {memory_model::tso, memory_model::weak}) {
        const std::vector<memory_model> one{model};
        EXPECT_EQ(anything, outcomes_of("sb", one, store_buffering(between::nothing)));
        EXPECT_EQ(anything, outcomes_of("sb", one, store_buffering(between::light_and_light)));
        EXPECT_EQ(one_sees_the_other, outcomes_of("sb", one, store_buffering(between::full)));
        EXPECT_EQ(one_sees_the_other,
                  outcomes_of("sb", one, store_buffering(between::light_and_heavy)));
        EXPECT_EQ(one_sees_the_other,
                  outcomes_of("sb", one, store_buffering(between::nothing, seq_cst, seq_cst)));
        EXPECT_EQ(anything,
                  outcomes_of("sb", one, store_buffering(between::nothing, release, acquire)));
    }
}

TEST(explore_memory, shows_the_outcomes_of_message_passing) {
    const outcomes in_order{"0 0", "0 1", "1 1"};
    for (const auto model : {memory_model::sc, memory_model::tso}) {
        EXPECT_EQ(in_order, outcomes_of("mp", {model}, message_passing(relaxed, relaxed)));
    }
    const std::vector<memory_model> weak{memory_model::weak};
    EXPECT_EQ(anything, outcomes_of("mp", weak, message_passing(relaxed, relaxed)));
    EXPECT_EQ(anything, outcomes_of("mp", weak, message_passing(release, relaxed)));
    EXPECT_EQ(anything, outcomes_of("mp", weak, message_passing(relaxed, acquire)));
    EXPECT_EQ(in_order, outcomes_of("mp", weak, message_passing(release, acquire)));
}

// A task never reads an older value of one atomic after a newer one, whatever the orders.
TEST(explore_memory, shows_no_atomic_go_back) {
    const auto seen = outcomes_of("coherence", plan{}.models, [](world& world) {
        auto& words = world.make<two_words>();
        world.task("writer", [&words] {
            words.x.store(1, relaxed);
            words.x.store(2, relaxed);
        });
        world.task("reader", [&words] {
            words.first = words.x.load(relaxed);
            words.second = words.x.load(relaxed);
        });
        world.at_end([&words, &world] { words.observe(world); });
    });
    EXPECT_EQ((outcomes{"0 0", "0 1", "0 2", "1 1", "1 2", "2 2"}), seen);
}

// Two independent writers, two readers: with seq_cst all agree on the order of the writes.
scenario independent_reads(std::memory_order stores, std::memory_order loads) {
    return [=](world& world) {
        struct state : two_words {
            int third = -1;
            int fourth = -1;
        };
        auto& words = world.make<state>();
        world.task("writes x", [&words, stores] { words.x.store(1, stores); });
        world.task("writes y", [&words, stores] { words.y.store(1, stores); });
        world.task("reads x, y", [&words, loads] {
            words.first = words.x.load(loads);
            words.second = words.y.load(loads);
        });
        world.task("reads y, x", [&words, loads] {
            words.third = words.y.load(loads);
            words.fourth = words.x.load(loads);
        });
        world.at_end([&words, &world] {
            const bool disagree =
                words.first == 1 && words.second == 0 && words.third == 1 && words.fourth == 0;
            world.observe(disagree ? "disagree" : "agree");
        });
    };
}

TEST(explore_memory, shows_readers_disagree_only_without_a_total_order) {
    EXPECT_EQ((outcomes{"agree"}),
              outcomes_of("iriw", plan{}.models, independent_reads(seq_cst, seq_cst)));
    EXPECT_EQ((outcomes{"agree", "disagree"}),
              outcomes_of("iriw", {memory_model::weak}, independent_reads(release, acquire)));
}

}  // namespace
