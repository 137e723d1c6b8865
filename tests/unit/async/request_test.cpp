// SPDX-License-Identifier: MIT
#include "support/counted.hpp"
#include "unit/async/manual_bus.hpp"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

// Asking in one handler what another one answers.

namespace {

using namespace stentor_test;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct reserve_stock {
    static constexpr std::string_view topic = "stock.reserve";
    int number = 0;
};
// Small, for a slot; and one for an envelope.
struct stock_reserved {
    static constexpr std::string_view topic = "stock.reserved";
    int shelf = 0;
};
struct stock_described {
    static constexpr std::string_view topic = "stock.described";
    std::string text;
};

class request : public manual_bus {
protected:
    using context = stentor::context;

    // Asks for each order, and notes what comes.
    template <class Reply>
    stentor::subscription ask(std::string_view name, std::chrono::nanoseconds timeout = 1s) {
        return bus.subscribe<order_placed>(
            name, [this, timeout](const order_placed& it, context& ctx) -> stentor::task<> {
                const reserve_stock wanted{it.number};
                try {
                    const auto answer = co_await ctx.request<Reply>(wanted, timeout);
                    if constexpr (std::is_same_v<Reply, stock_reserved>) {
                        log_.push_back("shelf " + std::to_string(answer.shelf));
                    } else {
                        log_.push_back(answer.text);
                    }
                } catch (const stentor::request_error& why) {
                    log_.push_back(std::string(stentor::to_string(why.kind())));
                    why_ = why.what();
                }
            });
    }
    std::vector<std::string> log_;
    std::string why_;
};

TEST_F(request, is_answered_by_reply) {
    auto asker = ask<stock_reserved>("asker");
    std::optional<stentor::reply_status> told;
    auto stock = bus.subscribe<reserve_stock>("stock", [&](const reserve_stock& it, context& ctx) {
        told = ctx.reply(stock_reserved{10 * it.number});
    });
    bus.publish(order_placed{4});
    run();
    EXPECT_THAT(log_, ElementsAre("shelf 40"));
    EXPECT_EQ(told, stentor::reply_status::delivered);
    EXPECT_EQ(terms("asker").completed, 1);
    EXPECT_EQ(bus.until_next_timer(), std::nullopt) << "the timeout is off";
}

TEST_F(request, is_answered_by_the_first_event_of_the_type_that_its_handler_publishes) {
    auto asker = ask<stock_described>("asker");
    auto stock = bus.subscribe<reserve_stock>("stock", [&](const reserve_stock&, context& ctx) {
        ctx.publish(stock_reserved{1});  // of another type
        ctx.publish(stock_described{"a text that does not fit a slot, so it is in an envelope"});
        ctx.publish(stock_described{"a second one"});
    });
    int seen = 0;
    auto other = bus.subscribe<stock_described>("other", [&](const stock_described&) { ++seen; });
    bus.publish(order_placed{4});
    run();
    EXPECT_THAT(log_, ElementsAre("a text that does not fit a slot, so it is in an envelope"));
    EXPECT_EQ(seen, 2) << "answers are events like any other";
    EXPECT_EQ(bus.snapshot().duplicate_replies, 1U);
}

TEST_F(request, is_answered_by_a_coroutine_after_a_while) {
    auto asker = ask<stock_reserved>("asker");
    auto stock = bus.subscribe<reserve_stock>(
        "stock", [&](const reserve_stock&, context& ctx) -> stentor::task<> {
            co_await ctx.sleep(300ms);
            ctx.reply(stock_reserved{3});
        });
    bus.publish(order_placed{});
    run();
    pass(299ms);
    EXPECT_TRUE(log_.empty());
    pass(1ms);
    EXPECT_THAT(log_, ElementsAre("shelf 3"));
}

TEST_F(request, times_out_with_a_message_when_nobody_sends_the_reply) {
    auto asker = ask<stock_reserved>("asker", 250ms);
    auto stock = bus.subscribe<reserve_stock>("stock", [](const reserve_stock&) {});
    bus.publish(order_placed{});
    run();
    pass(249ms);
    EXPECT_TRUE(log_.empty());
    pass(1ms);
    EXPECT_THAT(log_, ElementsAre("timed_out"));
    EXPECT_THAT(why_, AllOf(HasSubstr("\"stock.reserve\""), HasSubstr("\"stock.reserved\""),
                            HasSubstr("250 ms"), HasSubstr("ctx.reply()")));
}

TEST_F(request, says_when_nobody_subscribes_to_it) {
    auto asker = ask<stock_reserved>("asker");
    bus.publish(order_placed{});
    run();
    EXPECT_THAT(log_, ElementsAre("no_handler"));
    EXPECT_THAT(why_, HasSubstr("nobody subscribes"));
}

TEST_F(request, says_when_it_is_refused) {
    auto asker = ask<stock_reserved>("asker");
    auto stock = bus.subscribe<reserve_stock>("stock", [](const reserve_stock&) {},
                                              {.capacity = 1, .required = true});
    bus.publish(reserve_stock{});
    bus.publish(order_placed{});
    while (log_.empty() && executor->step()) {
    }
    run();
    EXPECT_THAT(log_, ElementsAre(::testing::AnyOf("refused", "timed_out")));
    pass(2s);
    EXPECT_THAT(log_, ElementsAre("refused"));
    EXPECT_THAT(why_, HasSubstr("rejected_full"));
}

TEST_F(request, gives_a_result_to_who_wants_no_exception) {
    std::vector<stentor::request_failure_kind> kinds;
    auto asker = bus.subscribe<order_placed>(
        "asker", [&](const order_placed&, context& ctx) -> stentor::task<> {
            const reserve_stock wanted{1};
            auto nobody = co_await ctx.try_request<stock_reserved>(wanted, 1s);
            if (!nobody) {
                kinds.push_back(nobody.error().kind());
                EXPECT_EQ(nobody.error().status(), stentor::publish_status::no_subscribers);
            }
            const order_noted note{"x"};
            auto found = co_await ctx.try_request<stock_reserved>(note, 1s);
            log_.push_back(std::to_string(found->shelf));
        });
    auto noted = bus.subscribe<order_noted>(
        "noted", [](const order_noted&, context& ctx) { ctx.reply(stock_reserved{9}); });
    bus.publish(order_placed{});
    run();
    EXPECT_THAT(kinds, ElementsAre(stentor::request_failure_kind::no_handler));
    EXPECT_THAT(log_, ElementsAre("9"));
}

TEST_F(request, counts_answers_that_come_late_and_twice) {
    auto asker = ask<stock_reserved>("asker", 10ms);
    std::vector<stentor::reply_status> told;
    auto stock = bus.subscribe<reserve_stock>(
        "stock", [&](const reserve_stock& it, context& ctx) -> stentor::task<> {
            co_await ctx.sleep(std::chrono::milliseconds(it.number));
            told.push_back(ctx.reply(stock_reserved{1}));
            told.push_back(ctx.reply(stock_reserved{2}));
            told.push_back(ctx.reply(stock_described{"no"}));
        });
    bus.publish(order_placed{5});
    bus.publish(order_placed{20});
    run();
    pass(5ms);
    pass(5ms);
    pass(10ms);
    using enum stentor::reply_status;
    EXPECT_THAT(told, ElementsAre(delivered, duplicate, wrong_type, late, duplicate, wrong_type));
    EXPECT_THAT(log_, ElementsAre("shelf 1", "timed_out"));
    EXPECT_EQ(bus.snapshot().late_replies, 1U);
    EXPECT_EQ(bus.snapshot().duplicate_replies, 2U);
}

TEST_F(request, is_what_a_reply_needs) {
    std::optional<stentor::reply_status> told;
    auto plain = bus.subscribe<order_placed>(
        "plain", [&](const order_placed&, context& ctx) { told = ctx.reply(stock_reserved{}); });
    bus.publish(order_placed{});
    run();
    EXPECT_EQ(told, stentor::reply_status::not_asked);
}

TEST_F(request, may_be_one_of_many_under_way) {
    constexpr int many = 500;
    auto asker = ask<stock_reserved>("asker");
    std::vector<std::pair<int, bool>> order;
    auto stock = bus.subscribe<reserve_stock>(
        "stock", [&](const reserve_stock& it, context& ctx) -> stentor::task<> {
            co_await ctx.sleep(std::chrono::milliseconds(1 + (it.number * 7) % 50));
            ctx.reply(stock_reserved{it.number});
        });
    for (int number = 0; number < many; ++number) {
        bus.publish(order_placed{number});
    }
    run();
    for (int ms = 0; ms < 60; ++ms) {
        pass(1ms);
    }
    ASSERT_EQ(log_.size(), static_cast<std::size_t>(many));
    std::vector<std::string> expected;
    for (int number = 0; number < many; ++number) {
        expected.push_back("shelf " + std::to_string(number));
    }
    EXPECT_THAT(log_, ::testing::UnorderedElementsAreArray(expected));
}

// Several are asked first, then awaited.
TEST_F(request, runs_while_its_asker_does_something_else) {
    auto asker = bus.subscribe<order_placed>(
        "asker", [&](const order_placed&, context& ctx) -> stentor::task<> {
            const reserve_stock one{1};
            const reserve_stock two{2};
            auto first = ctx.request<stock_reserved>(one, 1s);
            auto second = ctx.request<stock_reserved>(two, 1s);
            co_await ctx.sleep(10ms);
            const auto b = co_await second;
            const auto a = co_await first;
            log_.push_back(std::to_string(a.shelf) + std::to_string(b.shelf));
            auto forgotten = ctx.request<stock_reserved>(one, 1s);
            static_cast<void>(forgotten);
        });
    auto stock = bus.subscribe<reserve_stock>("stock", [&](const reserve_stock& it, context& ctx) {
        ctx.reply(stock_reserved{it.number});
    });
    bus.publish(order_placed{});
    run();
    pass(10ms);
    EXPECT_THAT(log_, ElementsAre("12"));
    EXPECT_EQ(bus.snapshot().late_replies, 1U) << "nobody waits for the forgotten one";
}

TEST_F(request, that_waits_is_cancelled_with_its_subscription) {
    auto asker = ask<stock_reserved>("asker", 1h);
    std::optional<stentor::reply_status> told;
    auto stock = bus.subscribe<reserve_stock>(
        "stock", [&](const reserve_stock&, context& ctx) -> stentor::task<> {
            co_await ctx.sleep(1ms);
            told = ctx.reply(stock_reserved{1});
        });
    bus.publish(order_placed{});
    run();
    asker.unsubscribe();
    pass(1ms);
    EXPECT_EQ(told, stentor::reply_status::late);
    EXPECT_TRUE(log_.empty());
    EXPECT_EQ(bus.audit().removed.cancelled, 1);
}

TEST_F(request, of_what_waits_for_itself_times_out) {
    auto self = bus.subscribe<reserve_stock>(
        "self",
        [&](const reserve_stock& it, context& ctx) -> stentor::task<> {
            const reserve_stock again{it.number + 1};
            auto answer = co_await ctx.try_request<stock_reserved>(again, 100ms);
            log_.push_back(std::string(stentor::to_string(answer.error().kind())));
        },
        {.max_concurrency = 1});
    bus.publish(reserve_stock{});
    run();
    pass(100ms);
    EXPECT_THAT(log_, ElementsAre("timed_out"));
    self.unsubscribe();
}

// Each object of the event and the reply is destroyed once; AddressSanitizer looks on.
struct kept_ask {
    static constexpr std::string_view topic = "kept.ask";
    counted held;
    std::string text;
};
struct kept_reply {
    static constexpr std::string_view topic = "kept.reply";
    counted held;
    std::string text;
};

TEST_F(request, destroys_what_it_carries_once) {
    ledger book;
    auto asker = bus.subscribe<order_placed>(
        "asker", [&](const order_placed& it, context& ctx) -> stentor::task<> {
            kept_ask ask{counted(book), std::string(100, 'a')};
            if (it.number == 0) {
                const auto copied = co_await ctx.request<kept_reply>(ask, 10ms);
                log_.push_back(copied.text);
            } else {
                const auto moved = co_await ctx.try_request<kept_reply>(std::move(ask), 10ms);
                log_.push_back(moved ? moved->text : std::string("none"));
            }
        });
    int round = 0;
    auto answers = bus.subscribe<kept_ask>("answers", [&](const kept_ask& it, context& ctx) {
        if (++round == 2) {
            return;
        }
        ctx.reply(kept_reply{counted(book), it.text + "b"});
    });
    for (int number = 0; number < 3; ++number) {
        bus.publish(order_placed{number});
        run();
        pass(10ms);
    }
    EXPECT_THAT(log_,
                ElementsAre(std::string(100, 'a') + "b", "none", std::string(100, 'a') + "b"));
    EXPECT_EQ(book.alive(), 0);
}

}  // namespace
