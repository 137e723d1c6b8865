// SPDX-License-Identifier: MIT
#include "unit/lettered/lettered.hpp"

#include <gmock/gmock.h>

#include <utility>
#include <vector>

// Which letters a redrive may have under way at once, and which wait for others.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct move {
    static constexpr std::string_view topic = "test.move";
    int key = 0;
    int number = 0;

    friend bool operator==(const move&, const move&) = default;
};

class redrive_order : public lettered {
protected:
    [[nodiscard]] auto strict() {
        return [this](const move& it) {
            moves.push_back(it);
            if (poison.contains(it.number)) {
                throw std::runtime_error("no");
            }
        };
    }
    void fail(const std::vector<move>& all) {
        for (const auto& one : all) {
            poison.insert(one.number);
            ASSERT_TRUE(bus.publish(one));
        }
        run();
        ASSERT_THAT(letters(), SizeIs(all.size()));
        poison.clear();
        moves.clear();
    }
    [[nodiscard]] stentor::redrive_report redriven() {
        return bus.dead_letters().redrive({}).value();
    }

    std::vector<move> moves;
};

TEST_F(redrive_order, of_a_key_ends_where_one_fails_again) {
    auto keyed = bus.subscribe<move>("keyed", strict(),
                                     {.order = stentor::by_key(&move::key), .dead_letters = true});
    fail({{1, 10}, {2, 20}, {1, 11}, {1, 12}, {2, 21}});
    poison = {11};
    const auto report = redriven();
    EXPECT_EQ(report.redriven, 3U);
    EXPECT_EQ(report.returned, 1U);
    EXPECT_EQ(report.held, 1U) << "the one behind it";
    EXPECT_THAT(moves, ElementsAre(move{1, 10}, move{2, 20}, move{1, 11}, move{2, 21}));
    ASSERT_THAT(letters(), SizeIs(2));
    EXPECT_EQ(stentor::event_in<move>(letters()[0])->number, 11);
    EXPECT_EQ(stentor::event_in<move>(letters()[1])->number, 12);
    EXPECT_EQ(letters()[1].redrives, 0U);
    poison.clear();
    moves.clear();
    EXPECT_TRUE(redriven());
    EXPECT_THAT(moves, ElementsAre(move{1, 11}, move{1, 12}));
}

TEST_F(redrive_order, of_a_serial_subscription_ends_where_one_fails_again) {
    auto serial = bus.subscribe<move>("serial", strict(),
                                      {.order = stentor::order::serial, .dead_letters = true});
    fail({{1, 1}, {2, 2}, {3, 3}});
    poison = {2};
    const auto report = redriven();
    EXPECT_EQ(report.redriven, 1U);
    EXPECT_EQ(report.returned, 1U);
    EXPECT_EQ(report.held, 1U);
    EXPECT_THAT(moves, ElementsAre(move{1, 1}, move{2, 2}));
}

TEST_F(redrive_order, of_others_goes_on) {
    auto any = bus.subscribe<move>("any", strict(), {.dead_letters = true});
    fail({{1, 1}, {1, 2}, {1, 3}});
    poison = {2};
    const auto report = redriven();
    EXPECT_EQ(report.redriven, 2U);
    EXPECT_EQ(report.returned, 1U);
    EXPECT_EQ(report.held, 0U);
}

// One that waits for its next attempt has its key meanwhile.
TEST_F(redrive_order, of_a_key_waits_for_the_one_before) {
    auto keyed = bus.subscribe<move>(
        "keyed", strict(), {.order = stentor::by_key(&move::key), .retry = every_100ms(2)});
    poison = {1, 2};
    ASSERT_TRUE(bus.publish(move{1, 1}));
    ASSERT_TRUE(bus.publish(move{1, 2}));
    run();
    for (int round = 0; round < 4; ++round) {
        pass(100ms);
    }
    ASSERT_THAT(letters(), SizeIs(2));
    moves.clear();
    poison = {1};
    EXPECT_EQ(redriven().pending, 1U) << "time stands still: it says so and ends";
    EXPECT_THAT(moves, ElementsAre(move{1, 1}));
    poison.clear();
    pass(100ms);
    EXPECT_EQ(redriven().redriven, 1U);
    EXPECT_THAT(moves, ElementsAre(move{1, 1}, move{1, 1}, move{1, 2}));
    EXPECT_THAT(letters(), IsEmpty());
}

// A subscription that comes after others takes a redriven event at once: theirs was the first time.
TEST_F(redrive_order, asks_nobody_whose_turn_has_been) {
    auto first = bus.subscribe<move>("first", [](const move&) {});
    auto then = bus.subscribe<move>("then", strict(), {.after = {"first"}, .dead_letters = true});
    fail({{1, 1}});
    EXPECT_EQ(redriven().redriven, 1U);
    EXPECT_THAT(moves, ElementsAre(move{1, 1}));
}

}  // namespace
