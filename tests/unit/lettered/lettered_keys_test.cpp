// SPDX-License-Identifier: MIT
#include "unit/lettered/lettered.hpp"
#include <stentor/event/json.hpp>

#include <gmock/gmock.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// Later events of a key stay behind its dead letters: letters_hold_keys.

namespace {

using namespace stentor_test;
using stentor::dead_letter_reason;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct move {
    static constexpr std::string_view topic = "test.move";
    int key = 0;
    int number = 0;

    friend bool operator==(const move&, const move&) = default;
};
STENTOR_FIELDS(move, key, number);

class lettered_keys : public lettered {
protected:
    explicit lettered_keys(std::uint64_t letters_max = 1'000) : lettered(letters_max) {}

    [[nodiscard]] auto strict() {
        return [this](const move& it) {
            moves.push_back(it);
            if (poison.contains(it.number)) {
                throw std::runtime_error("no");
            }
        };
    }
    [[nodiscard]] static stentor::subscription_options holding() {
        return {
            .order = stentor::by_key(&move::key), .dead_letters = true, .letters_hold_keys = true};
    }
    void moved(const std::vector<move>& all) {
        for (const auto& one : all) {
            ASSERT_TRUE(bus.publish(one));
        }
        run();
    }
    [[nodiscard]] std::vector<int> in_letters() {
        std::vector<int> numbers;
        for (const auto& one : letters()) {
            numbers.push_back(stentor::event_in<move>(one)->number);
        }
        return numbers;
    }
    [[nodiscard]] std::vector<move> take_moves() { return std::exchange(moves, {}); }
    void expect_settled() {
        const auto books = bus.audit();
        EXPECT_EQ(books.unaccounted(), 0);
        for (const auto& [name, each] : books.subscriptions) {
            EXPECT_EQ(each.outstanding(), 0) << name;
        }
    }

    std::vector<move> moves;
};

TEST_F(lettered_keys, stay_behind_a_letter_and_follow_it_when_it_is_redriven) {
    auto keyed = bus.subscribe<move>("keyed", strict(), holding());
    poison = {10};
    moved({{1, 10}, {1, 11}, {2, 20}, {1, 12}});
    EXPECT_THAT(take_moves(), ElementsAre(move{1, 10}, move{2, 20})) << "other keys go on";
    EXPECT_THAT(in_letters(), ElementsAre(10, 11, 12));
    EXPECT_EQ(letters()[0].reason, dead_letter_reason::exhausted);
    for (const std::size_t at : {1U, 2U}) {
        EXPECT_EQ(letters()[at].reason, dead_letter_reason::held_by_key);
        EXPECT_EQ(letters()[at].attempts_total, 0U);
        EXPECT_THAT(letters()[at].attempts, IsEmpty());
    }
    EXPECT_EQ(terms("keyed").dead_lettered, 3);
    expect_settled();

    poison = {};
    EXPECT_EQ(bus.dead_letters().redrive({}).value().redriven, 3U);
    EXPECT_THAT(take_moves(), ElementsAre(move{1, 10}, move{1, 11}, move{1, 12}));
    moved({{1, 13}});
    EXPECT_THAT(take_moves(), ElementsAre(move{1, 13})) << "nothing holds the key any more";
    EXPECT_THAT(letters(), IsEmpty());
    expect_settled();
}

TEST_F(lettered_keys, stay_behind_a_letter_that_came_back) {
    auto keyed = bus.subscribe<move>("keyed", strict(), holding());
    poison = {10};
    moved({{1, 10}, {1, 11}});
    const auto report = bus.dead_letters().redrive({}).value();
    EXPECT_EQ(report.returned, 1U);
    EXPECT_EQ(report.held, 1U);
    moves.clear();
    moved({{1, 12}});
    EXPECT_THAT(take_moves(), IsEmpty());
    EXPECT_THAT(in_letters(), ElementsAre(10, 11, 12));
    // The first alone: what is behind it stays.
    poison = {};
    EXPECT_EQ(bus.dead_letters().redrive({.id = letters()[0].id}).value().redriven, 1U);
    moved({{1, 13}});
    EXPECT_THAT(take_moves(), ElementsAre(move{1, 10}));
    EXPECT_THAT(in_letters(), ElementsAre(11, 12, 13));
    expect_settled();
}

TEST_F(lettered_keys, are_free_when_their_letters_are_purged_by_whatever_way) {
    auto keyed = bus.subscribe<move>("keyed", strict(), holding());
    poison = {10, 20};
    moved({{1, 10}, {2, 20}});
    ASSERT_TRUE(
        bus.dead_letters().purge({.id = letters()[0].id}, stentor::purge_confirmation::matching));
    poison = {};
    moved({{1, 11}, {2, 21}});
    EXPECT_THAT(take_moves(), ElementsAre(move{1, 10}, move{2, 20}, move{1, 11}));
    ASSERT_TRUE(bus.dead_letters().store().purge({}, stentor::purge_confirmation::everything));
    moved({{2, 22}});
    EXPECT_THAT(take_moves(), ElementsAre(move{2, 22}));
    expect_settled();
}

TEST_F(lettered_keys, are_not_held_unless_that_is_asked_for) {
    auto options = holding();
    options.letters_hold_keys = false;
    auto keyed = bus.subscribe<move>("keyed", strict(), options);
    poison = {10};
    moved({{1, 10}, {1, 11}});
    EXPECT_THAT(take_moves(), ElementsAre(move{1, 10}, move{1, 11}));
}

TEST_F(lettered_keys, of_one_subscription_hold_no_other) {
    auto keyed = bus.subscribe<move>("keyed", strict(), holding());
    std::vector<move> others;
    auto other =
        bus.subscribe<move>("other", [&](const move& it) { others.push_back(it); }, holding());
    poison = {10};
    moved({{1, 10}, {1, 11}});
    EXPECT_THAT(others, ElementsAre(move{1, 10}, move{1, 11}));
}

TEST_F(lettered_keys, are_held_during_retries_and_by_their_end) {
    auto options = holding();
    options.retry = every_100ms(2);
    auto keyed = bus.subscribe<move>("keyed", strict(), options);
    poison = {10};
    moved({{1, 10}, {1, 11}});
    EXPECT_EQ(terms("keyed").queued + terms("keyed").held + terms("keyed").retry_waiting, 2);
    pass(100ms);
    EXPECT_THAT(take_moves(), ElementsAre(move{1, 10}, move{1, 10}));
    EXPECT_THAT(in_letters(), ElementsAre(10, 11));
    expect_settled();
}

TEST_F(lettered_keys, are_held_by_coroutines_letters_too) {
    auto keyed = bus.subscribe<move>(
        "keyed",
        [this](const move& it, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(10ms);
            moves.push_back(it);
            if (poison.contains(it.number)) {
                throw std::runtime_error("no");
            }
        },
        holding());
    poison = {10};
    moved({{1, 10}, {1, 11}, {2, 20}});
    pass(10ms);
    pass(10ms);
    EXPECT_THAT(take_moves(), ElementsAre(move{1, 10}, move{2, 20}));
    EXPECT_THAT(in_letters(), ElementsAre(10, 11));
    expect_settled();
}

TEST_F(lettered_keys, are_held_by_letters_of_events_that_expired) {
    auto keyed = bus.subscribe<move>("keyed", strict(), holding());
    const auto soon = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(clock_.system_ns()) + 10ms));
    ASSERT_TRUE(bus.publish(move{1, 10}, {.expires_at = soon}));
    ASSERT_TRUE(bus.publish(move{1, 11}));
    pass(20ms);
    EXPECT_THAT(moves, IsEmpty());
    EXPECT_THAT(in_letters(), ElementsAre(10, 11));
}

TEST_F(lettered_keys, are_still_held_when_the_handler_is_subscribed_anew) {
    bus.dead_letters().use_codec(stentor::json_letters<move>());
    poison = {10};
    {
        auto keyed = bus.subscribe<move>("keyed", strict(), holding());
        moved({{1, 10}});
    }
    ASSERT_THAT(letters(), SizeIs(1));
    ASSERT_EQ(letters()[0].payload.content, stentor::dead_letter_content::json);
    auto keyed = bus.subscribe<move>("keyed", strict(), holding());
    moves.clear();
    moved({{1, 11}, {2, 20}});
    EXPECT_THAT(take_moves(), ElementsAre(move{2, 20}));
    EXPECT_EQ(letters()[1].reason, dead_letter_reason::held_by_key);
}

TEST_F(lettered_keys, of_events_without_a_type_are_held_when_subscribed_anew) {
    const auto options = [] {
        return stentor::subscription_options{
            .order = stentor::by_key<stentor::any_event>([](const stentor::any_event& event) {
                return std::string(event.topic()) + std::string(event.text());
            }),
            .dead_letters = true,
            .letters_hold_keys = true};
    };
    std::vector<std::string> seen;
    const auto read = [&](const stentor::any_event& event) {
        seen.emplace_back(event.topic());
        throw std::runtime_error("no");
    };
    {
        auto raw = bus.subscribe("raw", stentor::pattern("raw.>"), read, options());
        ASSERT_TRUE(bus.publish(stentor::topic("raw.a"), "x"));
        run();
    }
    auto raw = bus.subscribe("raw", stentor::pattern("raw.>"), read, options());
    seen.clear();
    ASSERT_TRUE(bus.publish(stentor::topic("raw.a"), "x"));
    ASSERT_TRUE(bus.publish(stentor::topic("raw.b"), "x"));
    run();
    EXPECT_THAT(seen, ElementsAre("raw.b"));
    EXPECT_THAT(letters(), SizeIs(3));
}

TEST_F(lettered_keys, tell_of_letters_whose_key_nobody_can_read) {
    stentor::dead_letter lost;
    lost.subscription = "keyed";
    lost.topic = "test.move";
    lost.payload.bytes = "{";
    ASSERT_TRUE(bus.dead_letters().store().put(lost));
    auto keyed = bus.subscribe<move>("keyed", strict(), holding());
    ASSERT_THAT(log().notices(), SizeIs(1));
    EXPECT_THAT(log().notices().back(), HasSubstr("1 of its dead letters hold no key"));
    moved({{1, 10}});
    EXPECT_THAT(moves, SizeIs(1));
}

TEST_F(lettered_keys, need_an_order_by_key_and_letters) {
    auto options = holding();
    options.order = stentor::order::serial;
    const auto serial = bus.try_subscribe<move>("keyed", strict(), options);
    ASSERT_FALSE(serial);
    EXPECT_EQ(serial.error().code(), stentor::errc::unsupported_combination);
    EXPECT_THAT(std::string(serial.error().message()), HasSubstr("by_key"));
    options = holding();
    options.dead_letters = {};
    const auto none = bus.try_subscribe<move>("keyed", strict(), options);
    ASSERT_FALSE(none);
    EXPECT_THAT(std::string(none.error().message()), HasSubstr("dead_letters = true"));
}

class lettered_keys_full : public lettered_keys {
protected:
    lettered_keys_full() : lettered_keys(1) {}
};

// The letter itself waits for room, and its key for it.
TEST_F(lettered_keys_full, wait_with_the_letter_that_waits_for_room) {
    auto keyed = bus.subscribe<move>("keyed", strict(), holding());
    poison = {10, 20};
    moved({{1, 10}, {2, 20}, {2, 21}, {1, 11}});
    EXPECT_EQ(row("keyed").by, "dead_letters");
    EXPECT_THAT(take_moves(), ElementsAre(move{1, 10}, move{2, 20}));
    purge_all();
    EXPECT_THAT(in_letters(), ElementsAre(20));
    EXPECT_THAT(take_moves(), ElementsAre(move{1, 11})) << "the letter of key 1 is gone";
    EXPECT_EQ(row("keyed").by, "dead_letters") << "21 is behind 20, and there is no room for it";
    purge_all();
    EXPECT_THAT(in_letters(), ElementsAre(21)) << "it became a letter before 20 was purged";
    EXPECT_THAT(take_moves(), IsEmpty());
    EXPECT_EQ(row("keyed").state, stentor::handler_state::running);
    expect_settled();
}

}  // namespace
