// SPDX-License-Identifier: MIT
#include "unit/lettered/lettered.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

// What a fallback does for a delivery whose handler has failed for good.

namespace {

using namespace stentor_test;
using stentor::delivery_status;
using stentor::errc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct fallen {
    int number = 0;
    std::int32_t attempt = 0;
    std::string what{};
    bool thrown = false;

    friend bool operator==(const fallen&, const fallen&) = default;
};

class fallback : public lettered {
protected:
    [[nodiscard]] auto noting() {
        return [this](const order_placed& it, const stentor::failure& why) {
            all.push_back(
                {it.number, why.attempt, std::string(why.what), why.exception != nullptr});
        };
    }
    [[nodiscard]] std::uint64_t fell_back(std::string_view name) const {
        for (const auto& one : bus.snapshot().subscriptions) {
            if (one.name == name) {
                return one.fell_back;
            }
        }
        return 0;
    }
    template <class Handler>
    [[nodiscard]] errc refusal(Handler handler, stentor::subscription_options options) {
        const auto made =
            bus.try_subscribe<order_placed>("refused", std::move(handler), std::move(options));
        return made ? errc::busy : made.error().code();
    }

    std::vector<fallen> all;
};

TEST_F(fallback, takes_what_has_had_all_its_attempts) {
    poison = {1};
    auto mail = bus.subscribe<order_placed>("mail", picky(),
                                            {.retry = every_100ms(2), .fallback = noting()});
    publish(1, 2);
    EXPECT_THAT(all, IsEmpty());
    pass(100ms);
    EXPECT_THAT(all, ElementsAre(fallen{1, 2, "order 1 is poison", true}));
    EXPECT_THAT(letters(), IsEmpty());
    EXPECT_EQ(terms("mail").completed, 2);
    EXPECT_EQ(terms("mail").failed + terms("mail").dead_lettered, 0);
    EXPECT_EQ(fell_back("mail"), 1U);
    EXPECT_THAT(log().errors(), SizeIs(2)) << "each attempt is recorded all the same";
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(fallback, needs_neither_retries_nor_dead_letters) {
    poison = {1};
    auto mail = bus.subscribe<order_placed>("mail", picky(), {.fallback = noting()});
    publish(1, 1);
    EXPECT_THAT(all, ElementsAre(fallen{1, 1, "order 1 is poison", true}));
    EXPECT_EQ(terms("mail").completed, 1);
}

TEST_F(fallback, is_told_what_the_handler_said) {
    auto strict = bus.subscribe<order_placed>(
        "strict", [](const order_placed&) { return stentor::outcome::reject("no customer"); },
        {.fallback = noting()});
    publish(1, 1);
    ASSERT_THAT(all, SizeIs(1));
    EXPECT_THAT(all.front().what, HasSubstr("no customer"));
    EXPECT_FALSE(all.front().thrown);
    EXPECT_EQ(terms("strict").completed, 1);
}

TEST_F(fallback, that_throws_leaves_the_letter_to_the_store) {
    poison = {1};
    const auto throws = [](const order_placed&, const stentor::failure&) {
        throw std::runtime_error("nobody there either");
    };
    auto kept =
        bus.subscribe<order_placed>("kept", picky(), {.dead_letters = true, .fallback = throws});
    auto lost = bus.subscribe<order_placed>("lost", picky(), {.fallback = throws});
    publish(1, 1);
    EXPECT_EQ(terms("kept").dead_lettered, 1);
    EXPECT_EQ(terms("lost").failed, 1);
    EXPECT_EQ(fell_back("kept"), 0U);
    ASSERT_THAT(letters(), SizeIs(1));
    EXPECT_THAT(letters().front().attempts.front().errors,
                ElementsAre("order 1 is poison", "and its fallback: nobody there either"));
    EXPECT_THAT(log().notices(), ::testing::Contains(HasSubstr("its fallback threw")));
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(fallback, of_a_coroutine_comes_after_it) {
    auto slow = bus.subscribe<order_placed>(
        "slow",
        [](const order_placed&, stentor::context& ctx) -> stentor::task<> {
            co_await ctx.sleep(10ms);
            throw std::runtime_error("late");
        },
        {.fallback = noting()});
    publish(1, 1);
    pass(20ms);
    EXPECT_THAT(all, ElementsAre(fallen{1, 1, "late", true}));
    EXPECT_EQ(terms("slow").completed, 1);
    EXPECT_EQ(fell_back("slow"), 1U);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(fallback, of_a_pattern_takes_any_event) {
    std::vector<std::string> topics;
    auto any =
        bus.subscribe("any", stentor::pattern("order.>"),
                      [](const stentor::any_event&) { throw std::runtime_error("no"); },
                      {.fallback = [&](const stentor::any_event& event, const stentor::failure&) {
                          topics.push_back(std::string(event.topic()));
                      }});
    publish(1, 1);
    EXPECT_THAT(topics, ElementsAre("order.placed"));
}

TEST_F(fallback, is_an_end_that_others_wait_for) {
    std::vector<std::string> order;
    poison = {1};
    auto first = bus.subscribe<order_placed>(
        "first", picky(), {.fallback = [&](const order_placed&, const stentor::failure&) {
            order.push_back("fallback");
        }});
    auto then =
        bus.subscribe<order_placed>("then", [&](const order_placed&) { order.push_back("then"); },
                                    {.after = {"first"}, .require_success = true});
    const auto report = bus.publish_and_wait(order_placed{1}, 1s);
    EXPECT_EQ(report.find("first")->status, delivery_status::completed);
    EXPECT_THAT(order, ElementsAre("fallback", "then"));
}

// The handler failed, whatever was done instead.
TEST_F(fallback, is_no_success_for_the_breaker) {
    poison = {1, 2, 3, 4};
    auto mail = bus.subscribe<order_placed>(
        "mail", picky(),
        {.breaker = stentor::breaker{.window = 4, .min_calls = 4}, .fallback = noting()});
    publish(1, 4);
    EXPECT_THAT(all, SizeIs(4));
    EXPECT_EQ(bus.snapshot().subscriptions.front().breaker, "open");
}

TEST_F(fallback, goes_with_its_subscription) {
    const auto kept = std::make_shared<int>(1);
    std::weak_ptr<int> watch = kept;
    {
        auto mail = bus.subscribe<order_placed>(
            "mail", picky(),
            {.fallback = [held = std::shared_ptr<int>(kept)](const order_placed&,
                                                             const stentor::failure&) {}});
        EXPECT_EQ(watch.use_count(), 2);
    }
    run();
    EXPECT_EQ(watch.use_count(), 1);
}

TEST_F(fallback, is_refused_where_it_cannot_be_called) {
    const auto plain = [](const order_placed&) {};
    EXPECT_EQ(refusal(plain, {.fallback = [](const order_noted&, const stentor::failure&) {}}),
              errc::type_mismatch);
    EXPECT_EQ(refusal(plain, {.execution = stentor::execution::inline_, .fallback = noting()}),
              errc::unsupported_combination);
    EXPECT_EQ(refusal(plain, {.fallback = noting(), .placement = stentor::placement::shared}),
              errc::unsupported_combination);
    EXPECT_EQ(refusal([](std::span<const order_placed* const>) {}, {.fallback = noting()}),
              errc::unsupported_combination);
    const auto pattern = bus.try_subscribe(
        "refused", stentor::pattern(">"), [](const stentor::any_event&) {}, {.fallback = noting()});
    ASSERT_FALSE(pattern);
    EXPECT_EQ(pattern.error().code(), errc::type_mismatch);
    EXPECT_THAT(pattern.error().message(), HasSubstr("any_event"));
}

}  // namespace
