// SPDX-License-Identifier: MIT
#include "unit/bus/coming_after.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Subscriptions that come after others: for each event, a delivery starts when those that it comes
// after have ended.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using stentor::delivery_status;
using stentor::drop_reason;
using stentor::errc;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct letter {
    static constexpr std::string_view topic = "test.letter";
    std::string text;
};

TEST_F(coming_after, starts_when_the_other_one_has_ended) {
    auto act = subscribe("act", {.after = "journal"});
    auto journal = sleeper("journal");
    ASSERT_TRUE(bus.publish(tick{10}));
    ASSERT_TRUE(bus.publish(tick{5}));
    run();
    EXPECT_TRUE(seen.empty());
    EXPECT_EQ(terms("act").held, 2) << "who waits for others is held";
    EXPECT_EQ(terms("act").queued, 0);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    pass(5ms);
    EXPECT_THAT(seen, ElementsAre("journal 5", "act 5"));
    EXPECT_EQ(terms("act").held, 1);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    pass(5ms);
    EXPECT_THAT(seen, ElementsAre("journal 5", "act 5", "journal 10", "act 10"));
    EXPECT_EQ(terms("act").completed, 2);
}

TEST_F(coming_after, keeps_chains) {
    auto notify = subscribe("notify", {.after = "act"});
    auto act = subscribe("act", {.after = "journal"});
    auto journal = sleeper("journal");
    ASSERT_TRUE(bus.publish(tick{1}));
    run();
    EXPECT_EQ(terms("notify").held, 1);
    pass(1ms);
    EXPECT_THAT(seen, ElementsAre("journal 1", "act 1", "notify 1"));
}

TEST_F(coming_after, keeps_diamonds) {
    auto last = subscribe("last", {.after = {"left", "right"}});
    auto left = sleeper("left", {.after = "first"});
    auto right = subscribe("right", {.after = "first"});
    auto first = sleeper("first");
    ASSERT_TRUE(bus.publish(tick{3}));
    run();
    pass(3ms);
    EXPECT_THAT(seen, ElementsAre("first 3", "right 3"));
    EXPECT_EQ(terms("last").held, 1);
    pass(3ms);
    EXPECT_THAT(seen, ElementsAre("first 3", "right 3", "left 3", "last 3"));
}

TEST_F(coming_after, delivers_the_whole_event_later) {
    std::vector<std::string> texts;
    auto act = bus.subscribe<letter>("act", [&](const letter& it) { texts.push_back(it.text); },
                                     {.after = "journal"});
    auto journal = bus.subscribe<letter>(
        "journal",
        [](const letter&, stentor::context& ctx) -> stentor::task<> { co_await ctx.sleep(1ms); });
    const std::string text(300, 'x');
    ASSERT_TRUE(bus.publish(letter{text}));
    run();
    EXPECT_TRUE(texts.empty());
    pass(1ms);
    EXPECT_THAT(texts, ElementsAre(text));
}

TEST_F(coming_after, works_between_types_and_patterns) {
    std::vector<std::string> order;
    auto act = bus.subscribe("act", stentor::pattern("test.>"),
                             [&](const stentor::any_event& event) {
                                 order.push_back("act " + std::string(event.topic()));
                             },
                             {.after = "journal"});
    auto journal =
        bus.subscribe("journal", stentor::pattern("*.*"), [&](const stentor::any_event& event) {
            order.push_back("journal " + std::string(event.topic()));
        });
    ASSERT_TRUE(bus.registry().disable("journal"));
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(bus.publish(stentor::topic("test.text"), "{}"));
    run();
    EXPECT_TRUE(order.empty());
    ASSERT_TRUE(bus.registry().enable("journal"));
    run();
    EXPECT_THAT(order, ElementsAre("journal test.tick", "journal test.text", "act test.tick",
                                   "act test.text"));
}

TEST_F(coming_after, waits_for_nobody_who_is_absent) {
    auto other = bus.subscribe<letter>("other", [](const letter&) {});
    auto act = subscribe("act", {.after = {"nobody", "other"}, .require_success = true});
    ASSERT_TRUE(bus.publish(tick{1}));
    run();
    EXPECT_THAT(seen, ElementsAre("act 1"));
    const auto row = bus.registry().find("act");
    ASSERT_TRUE(row);
    EXPECT_THAT(row->after, ElementsAre("nobody", "other"));
    EXPECT_THAT(row->after_missing, ElementsAre("nobody"));
}

TEST_F(coming_after, waits_for_who_comes_later_from_then_on) {
    auto act = subscribe("act", {.after = "journal"});
    {
        auto journal = sleeper("journal");
        ASSERT_TRUE(bus.publish(tick{1}));
        run();
        EXPECT_EQ(terms("act").held, 1);
        pass(1ms);
        EXPECT_THAT(seen, ElementsAre("journal 1", "act 1"));
    }
    ASSERT_TRUE(bus.publish(tick{2}));
    run();
    EXPECT_EQ(seen.back(), "act 2");
}

TEST_F(coming_after, takes_any_end_for_an_end) {
    expect_failures();
    auto act = subscribe("act", {.after = "journal"});
    auto journal =
        bus.subscribe<tick>("journal", [](const tick&) { throw std::runtime_error("disk full"); });
    ASSERT_TRUE(bus.publish(tick{1}));
    run();
    EXPECT_THAT(seen, ElementsAre("act 1"));
    EXPECT_EQ(terms("journal").failed, 1);
}

TEST_F(coming_after, is_dropped_without_the_success_that_it_requires) {
    expect_failures();
    std::vector<stentor::gap> told;
    std::optional<stentor::gap> missed;
    auto act = bus.subscribe<tick>(
        "act",
        [&](const tick& it, stentor::context& ctx) {
            writes("act")(it);
            missed = ctx.gap();
        },
        {.after = "journal", .require_success = true, .on_drop = [&](const stentor::gap& gap) {
             told.push_back(gap);
         }});
    auto notify = subscribe("notify", {.after = "act", .require_success = true});
    auto bystander = subscribe("bystander", {.after = "act"});
    auto journal = bus.subscribe<tick>("journal", [](const tick& it) {
        return it.number == 1 ? stentor::outcome::reject("no") : stentor::outcome::done();
    });
    const auto report = bus.publish_and_wait(tick{1}, 1s);
    EXPECT_EQ(report.find("journal")->status, delivery_status::failed);
    EXPECT_EQ(report.find("act")->status, delivery_status::dropped);
    EXPECT_EQ(report.find("notify")->status, delivery_status::dropped);
    EXPECT_EQ(report.find("bystander")->status, delivery_status::completed);
    EXPECT_EQ(terms("act").dropped_dependency, 1);
    EXPECT_EQ(terms("act").dropped(), 1);
    EXPECT_EQ(terms("notify").dropped_dependency, 1);
    EXPECT_THAT(seen, ElementsAre("bystander 1"));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].reason, drop_reason::dependency);
    ASSERT_TRUE(bus.publish(tick{2}));
    run();
    ASSERT_TRUE(missed);
    EXPECT_EQ(missed->count, 1);
    EXPECT_EQ(missed->reason, drop_reason::dependency);
    EXPECT_EQ(terms("act").completed, 1);
    EXPECT_EQ(terms("notify").completed, 1);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(coming_after, refuses_circles_and_names_them) {
    auto one = subscribe("one", {.after = "three"});
    auto two = subscribe("two", {.after = {"elsewhere", "one"}});
    const auto three =
        bus.try_subscribe<tick>("three", [](const tick&) {}, {.after = {"other", "two"}});
    ASSERT_FALSE(three);
    EXPECT_EQ(three.error().code(), errc::invalid_option);
    EXPECT_THAT(three.error().message(),
                AllOf(HasSubstr("three -> two -> one -> three"), HasSubstr("take one name out")));
    const auto self = bus.try_subscribe<tick>("self", [](const tick&) {}, {.after = "self"});
    ASSERT_FALSE(self);
    EXPECT_EQ(self.error().code(), errc::invalid_option);
    EXPECT_THAT(self.error().message(), HasSubstr("self -> self"));
    two = {};
    EXPECT_TRUE(bus.try_subscribe<tick>("three", [](const tick&) {}, {.after = {"other", "two"}}));
}

TEST_F(coming_after, refuses_what_cannot_be) {
    const auto refusal = [&](stentor::subscription_options how) {
        const auto made = bus.try_subscribe<tick>("one", [](const tick&) {}, std::move(how));
        return made ? std::string("made")
                    : std::string(to_string(made.error().code())) + ": " + made.error().message();
    };
    EXPECT_THAT(refusal({.after = "No Such"}),
                AllOf(HasSubstr("invalid_option"), HasSubstr("No Such")));
    EXPECT_THAT(refusal({.require_success = true}),
                AllOf(HasSubstr("invalid_option"), HasSubstr("without after")));
    EXPECT_THAT(refusal({.after = "two", .execution = stentor::execution::inline_}),
                AllOf(HasSubstr("unsupported_combination"), HasSubstr("after")));
    EXPECT_THAT(refusal({.after = "two", .placement = stentor::placement::shared}),
                AllOf(HasSubstr("unsupported_combination"), HasSubstr("after")));
}

TEST_F(coming_after, keeps_its_own_order) {
    auto serial = subscribe("serial", {.order = stentor::order::serial, .after = "journal"});
    auto keyed = subscribe(
        "keyed", {.order = stentor::by_key<tick>([](const tick& it) { return it.number % 2; }),
                  .after = "journal"});
    auto journal = sleeper("journal");
    for (const int number : {5, 4, 3, 2, 1}) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    run();
    EXPECT_TRUE(seen.empty());
    EXPECT_EQ(bus.audit().unaccounted(), 0);
    pass(4ms);
    EXPECT_THAT(seen, ElementsAre("journal 1", "journal 2", "journal 3", "journal 4", "keyed 4",
                                  "keyed 2"));
    pass(1ms);
    std::vector<std::string> in_order;
    for (const auto& one : seen) {
        if (one.starts_with("serial")) {
            in_order.push_back(one);
        }
    }
    EXPECT_THAT(in_order, ElementsAre("serial 5", "serial 4", "serial 3", "serial 2", "serial 1"));
    EXPECT_EQ(terms("keyed").completed, 5);
}

TEST_F(coming_after, is_for_all_forms_of_handlers) {
    std::size_t spanned = 0;
    int answered = 0;
    auto spans = bus.subscribe<tick>(
        "spans", [&](std::span<const tick* const> all) { spanned += all.size(); },
        {.after = "journal"});
    auto answers = bus.subscribe<tick>("answers",
                                       [&](const tick&) {
                                           return ++answered == 1 ? stentor::outcome::release()
                                                                  : stentor::outcome::done();
                                       },
                                       {.after = "journal"});
    auto waits = sleeper("waits", {.after = "journal", .max_concurrency = 1});
    auto asked = subscribe("asked", {.after = "answers"});
    auto journal = sleeper("journal");
    for (int number = 1; number <= 3; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    run();
    EXPECT_EQ(spanned, 0U);
    EXPECT_EQ(answered, 0);
    pass(3ms);
    EXPECT_EQ(spanned, 3U);
    EXPECT_EQ(terms("answers").completed, 3);
    EXPECT_EQ(terms("asked").completed, 3) << "what is given back has not ended";
    for (int number = 1; number <= 3; ++number) {
        pass(3ms);
    }
    EXPECT_EQ(terms("waits").completed, 3);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(coming_after, may_follow_who_is_called_inline) {
    auto act = subscribe("act", {.after = "journal"});
    auto journal = subscribe("journal", {.execution = stentor::execution::inline_});
    ASSERT_TRUE(bus.publish(tick{1}));
    EXPECT_THAT(seen, ElementsAre("journal 1"));
    run();
    EXPECT_THAT(seen, ElementsAre("journal 1", "act 1"));
}

}  // namespace
