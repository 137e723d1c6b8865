// SPDX-License-Identifier: MIT
#include "unit/retry/flaky.hpp"

#include <gmock/gmock.h>

#include <set>
#include <string>

// What follows a failed attempt.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(retrying, calls_again_after_the_delay_until_it_works) {
    auto kept = bus.subscribe<order_placed>("flaky", failing(2), {.retry = every_100ms()});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}));
    EXPECT_EQ(terms("flaky").retry_waiting, 1);
    EXPECT_EQ(terms("flaky").failed, 0);
    pass(99ms);
    EXPECT_EQ(calls.size(), 1U);
    pass(1ms);
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{1, 2}));
    pass(100ms);
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{1, 2}, seen_call{1, 3}));
    EXPECT_EQ(terms("flaky").completed, 1);
    EXPECT_EQ(terms("flaky").outstanding(), 0);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST_F(retrying, records_each_failed_attempt_and_what_follows) {
    auto kept = bus.subscribe<order_placed>("flaky", failing(9), {.retry = every_100ms(3)});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    pass(100ms);
    pass(100ms);
    pass(1h);
    const auto errors = log().errors();
    ASSERT_EQ(errors.size(), 3U);
    for (std::size_t at = 0; at < 3; ++at) {
        EXPECT_EQ(errors[at].attempt, static_cast<std::int32_t>(at) + 1);
        EXPECT_EQ(errors[at].max_attempts, 3);
        EXPECT_EQ(errors[at].error, "not yet");
    }
    EXPECT_EQ(errors[0].retry_in, 100ms);
    EXPECT_EQ(errors[1].retry_in, 100ms);
    EXPECT_EQ(errors[2].retry_in, std::nullopt) << "the last one";
    EXPECT_EQ(terms("flaky").dead_lettered, 1) << "one delivery, whatever the number of attempts";
    EXPECT_EQ(bus.snapshot().subscriptions.front().retried, 2U);
}

TEST_F(retrying, comes_at_once_first_if_the_policy_says_so) {
    auto policy = every_100ms();
    policy.immediate = 2;
    auto kept = bus.subscribe<order_placed>("flaky", failing(2), {.retry = policy});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{1, 2}, seen_call{1, 3}));
}

TEST_F(retrying, is_not_tried_for_what_another_attempt_cannot_help) {
    int called = 0;
    auto kept =
        bus.subscribe<order_placed>("strict",
                                    [&](const order_placed& it) {
                                        ++called;
                                        if (it.number == 1) {
                                            throw stentor::permanent_error("no such customer");
                                        }
                                        throw std::runtime_error("down");
                                    },
                                    {.retry = every_100ms(2)});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_EQ(called, 1);
    EXPECT_EQ(terms("strict").dead_lettered, 1);
    ASSERT_TRUE(bus.publish(order_placed{2}));
    run();
    EXPECT_EQ(terms("strict").retry_waiting, 1);
    pass(100ms);
    EXPECT_EQ(called, 3);
    EXPECT_EQ(terms("strict").dead_lettered, 2);
}

TEST_F(retrying, asks_the_classifier) {
    auto policy = every_100ms();
    std::vector<std::string> asked;
    policy.classifier = [&](const stentor::failure& what) {
        asked.push_back(std::string(what.what) + " " + std::to_string(what.attempt));
        return what.attempt == 1 ? stentor::failure_class::transient
                                 : stentor::failure_class::permanent;
    };
    auto kept = bus.subscribe<order_placed>("flaky", failing(9), {.retry = policy});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    pass(100ms);
    EXPECT_THAT(asked, ElementsAre("not yet 1", "not yet 2"));
    EXPECT_EQ(terms("flaky").dead_lettered, 1);
}

TEST_F(retrying, honours_what_the_handler_asks_for) {
    using stentor::outcome;
    std::vector<std::int32_t> attempts;
    auto kept = bus.subscribe<order_placed>(
        "polite",
        [&](const order_placed& it, stentor::context& ctx) {
            attempts.push_back(ctx.attempt());
            if (it.number == 2) {
                return outcome::reject("never");
            }
            return ctx.attempt() == 1 ? outcome::retry(5s, "closed today") : outcome::done();
        },
        {.retry = every_100ms()});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    pass(4999ms);
    EXPECT_THAT(attempts, ElementsAre(1));
    pass(1ms);
    EXPECT_THAT(attempts, ElementsAre(1, 2));
    EXPECT_EQ(log().errors().front().error, "asked for a retry: closed today");
    EXPECT_EQ(log().errors().front().retry_in, 5s);
    ASSERT_TRUE(bus.publish(order_placed{2}));
    run();
    EXPECT_EQ(terms("polite").dead_lettered, 1) << "rejected is rejected";
}

TEST_F(retrying, does_not_count_what_was_given_back) {
    using stentor::outcome;
    std::vector<std::int32_t> attempts;
    auto kept = bus.subscribe<order_placed>("polite",
                                            [&](const order_placed&, stentor::context& ctx) {
                                                attempts.push_back(ctx.attempt());
                                                switch (attempts.size()) {
                                                    case 2: return outcome::retry();
                                                    case 5: return outcome::done();
                                                    default: return outcome::release();
                                                }
                                            },
                                            {.retry = every_100ms()});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    EXPECT_THAT(attempts, ElementsAre(1, 1));
    pass(100ms);
    pass(100ms);
    EXPECT_THAT(attempts, ElementsAre(1, 1, 2, 2, 2));
    EXPECT_EQ(terms("polite").completed, 1);
}

TEST_F(retrying, keeps_the_attempts_of_a_coroutine_that_gives_its_event_back) {
    std::vector<std::int32_t> attempts;
    auto kept = bus.subscribe<order_placed>(
        "polite",
        [&](const order_placed&, stentor::context& ctx) -> stentor::task<stentor::outcome> {
            co_await ctx.sleep(1ms);
            attempts.push_back(ctx.attempt());
            if (attempts.size() == 1) {
                throw std::runtime_error("not yet");
            }
            co_return attempts.size() == 2 ? stentor::outcome::release() : stentor::outcome::done();
        },
        {.retry = every_100ms()});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    pass(1ms);
    pass(100ms);
    pass(1ms);
    pass(1ms);
    EXPECT_THAT(attempts, ElementsAre(1, 2, 2));
    EXPECT_EQ(terms("polite").completed, 1);
}

TEST_F(retrying, keeps_others_going) {
    auto kept = bus.subscribe<order_placed>("flaky",
                                            [&](const order_placed& it, stentor::context& ctx) {
                                                calls.push_back({it.number, ctx.attempt()});
                                                if (it.number == 1 && ctx.attempt() == 1) {
                                                    throw std::runtime_error("not yet");
                                                }
                                            },
                                            {.max_concurrency = 1, .retry = every_100ms()});
    for (int number = 1; number <= 3; ++number) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    EXPECT_THAT(calls, ElementsAre(seen_call{1, 1}, seen_call{2, 1}, seen_call{3, 1}));
    pass(100ms);
    EXPECT_EQ(calls.back(), (seen_call{1, 2}));
    EXPECT_EQ(terms("flaky").completed, 3);
}

TEST_F(retrying, goes_for_coroutines_whether_they_waited_or_not) {
    auto kept = bus.subscribe<order_placed>(
        "sleeper",
        [&](const order_placed& it, stentor::context& ctx) -> stentor::task<> {
            calls.push_back({it.number, ctx.attempt()});
            if (it.number == 2) {
                co_await ctx.sleep(10ms);
            }
            if (ctx.attempt() < 3) {
                throw std::runtime_error("not yet");
            }
        },
        {.max_concurrency = 2, .retry = every_100ms()});
    for (const int number : {1, 2}) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    pass(10ms);
    EXPECT_EQ(terms("sleeper").retry_waiting, 2);
    EXPECT_EQ(terms("sleeper").running, 0);
    for (int times = 0; times < 40; ++times) {
        pass(10ms);
    }
    EXPECT_EQ(calls.size(), 6U);
    EXPECT_EQ(terms("sleeper").completed, 2);
    EXPECT_EQ(log().errors().size(), 4U);
    EXPECT_EQ(log().errors().back().attempt, 2);
}

TEST_F(retrying, keeps_the_event_and_its_envelope) {
    std::vector<std::string> texts;
    auto kept =
        bus.subscribe<order_noted>("flaky",
                                   [&](const order_noted& it, stentor::context& ctx) {
                                       texts.push_back(it.text + " " + ctx.correlation_id());
                                       if (ctx.attempt() < 3) {
                                           throw std::runtime_error("not yet");
                                       }
                                   },
                                   {.retry = every_100ms()});
    ASSERT_TRUE(bus.publish(order_noted{std::string(100, 'x')}, {.correlation_id = "c-1"}));
    run();
    pass(100ms);
    pass(100ms);
    const auto text = std::string(100, 'x') + " c-1";
    EXPECT_THAT(texts, ElementsAre(text, text, text));
    EXPECT_EQ(bus.audit().envelopes_alive, 0);
}

TEST_F(retrying, has_one_idempotency_key_for_all_attempts) {
    std::set<std::string> flaky;
    std::set<std::string> other;
    auto one = bus.subscribe<order_placed>("flaky",
                                           [&](const order_placed&, stentor::context& ctx) {
                                               flaky.insert(ctx.idempotency_key());
                                               if (ctx.attempt() < 3) {
                                                   throw std::runtime_error("not yet");
                                               }
                                           },
                                           {.retry = every_100ms()});
    auto two = bus.subscribe<order_placed>(
        "other",
        [&](const order_placed&, stentor::context& ctx) { other.insert(ctx.idempotency_key()); });
    const auto sent = bus.publish(order_placed{1});
    run();
    pass(100ms);
    pass(100ms);
    EXPECT_THAT(flaky, ElementsAre(sent.id().to_string() + ":flaky"));
    EXPECT_THAT(other, ElementsAre(sent.id().to_string() + ":other"));
}

TEST_F(retrying, tells_who_waits_how_it_ended) {
    auto kept = bus.subscribe<order_placed>("flaky", failing(2), {.retry = every_100ms(3)});
    std::vector<stentor::delivery_status> seen;
    auto asker = bus.subscribe<order_noted>("asker", [&](const order_noted&) -> stentor::task<> {
        const order_placed event{1};
        const auto report = co_await bus.delivered(event);
        for (const auto& each : report) {
            seen.push_back(each.status);
        }
    });
    ASSERT_TRUE(bus.publish(order_noted{"go"}));
    run();
    pass(100ms);
    EXPECT_THAT(seen, IsEmpty());
    pass(100ms);
    EXPECT_THAT(seen, ElementsAre(stentor::delivery_status::completed));
}

TEST_F(retrying, puts_off_what_the_budget_does_not_cover) {
    auto policy = every_100ms(2);
    policy.cap = 10s;
    policy.budget = {.share = 0.001, .burst = 1};
    auto kept = bus.subscribe<order_placed>("flaky", failing(1), {.retry = policy});
    for (const int number : {1, 2}) {
        ASSERT_TRUE(bus.publish(order_placed{number}));
    }
    run();
    pass(100ms);
    EXPECT_EQ(terms("flaky").completed, 1);
    EXPECT_EQ(terms("flaky").retry_waiting, 1);
    EXPECT_GE(*log().errors().back().retry_in, 5s) << "half the cap";
    pass(4s);
    EXPECT_EQ(terms("flaky").retry_waiting, 1);
    pass(6s);
    EXPECT_EQ(terms("flaky").completed, 2) << "and lost nothing";
}

TEST_F(retrying, ends_with_max_elapsed) {
    auto policy = every_100ms(100);
    policy.max_elapsed = 250ms;
    auto kept = bus.subscribe<order_placed>("flaky", failing(99), {.retry = policy});
    ASSERT_TRUE(bus.publish(order_placed{1}));
    run();
    pass(100ms);
    pass(100ms);
    EXPECT_EQ(calls.size(), 3U);
    EXPECT_EQ(terms("flaky").dead_lettered, 1);
}

}  // namespace
