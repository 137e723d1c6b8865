// SPDX-License-Identifier: MIT
#include <stentor/testing/test_bus.hpp>

#include "unit/testing/events.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using stentor::testing::test_bus;
using stentor_test::order_confirmed;
using stentor_test::order_placed;
using stentor_test::parcel;
using stentor_test::stock_reserved;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

stentor::bus_options silent() {
    stentor::bus_options options;
    options.log.on_error = [](const stentor::error_record&) {};
    return options;
}

void serve(stentor::bus& bus, int& handled) {
    bus.keep(bus.subscribe<order_placed>("serve", [&](const order_placed&) { ++handled; }));
}

TEST(test_bus, is_a_bus_in_which_nothing_happens_until_it_is_told_to) {
    test_bus bus{{.seed = 42}};
    int handled = 0;
    serve(bus, handled);
    EXPECT_TRUE(bus.publish(order_placed{"o-1", 1}));
    EXPECT_EQ(handled, 0);
    EXPECT_GT(bus.settle(), 0);
    EXPECT_EQ(handled, 1);
    EXPECT_EQ(bus.settle(), 0);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST(test_bus, lets_pauses_end_whose_time_comes) {
    test_bus bus;
    int handled = 0;
    serve(bus, handled);
    ASSERT_TRUE(bus.registry().disable("serve", {.enable_after = 1h}));
    EXPECT_TRUE(bus.publish(order_placed{"o-1", 1}));
    bus.advance(59min);
    EXPECT_EQ(handled, 0);
    bus.settle();
    EXPECT_EQ(handled, 1);
}

TEST(test_bus, settles_what_follows_from_what_was_published) {
    test_bus bus;
    auto stock = bus.subscribe<order_placed>(
        "stock",
        [](const order_placed&, stentor::context& ctx) { ctx.publish(stock_reserved{7}); });
    auto confirm = bus.subscribe<stock_reserved>(
        "confirm",
        [](const stock_reserved&, stentor::context& ctx) { ctx.publish(order_confirmed{"o-1"}); });
    bus.publish(order_placed{"o-1", 1});
    bus.settle();
    EXPECT_THAT(bus.published<stock_reserved>(), ElementsAre(stock_reserved{7}));
    ASSERT_EQ(bus.published<order_confirmed>().size(), 1U);
    EXPECT_EQ(bus.completed("confirm"), 1);
}

TEST(test_bus, makes_the_next_calls_of_a_handler_fail) {
    test_bus bus{{.bus = silent()}};
    std::vector<long> seen;
    auto mail = bus.subscribe<order_placed>(
        "mail", [&](const order_placed& order) { seen.push_back(order.cents); });
    bus.fail_next("mail", 2, std::runtime_error("smtp is down"));
    for (long cents = 1; cents <= 3; ++cents) {
        bus.publish(order_placed{"o", cents});
    }
    bus.settle();
    EXPECT_EQ(seen.size(), 1U);
    EXPECT_EQ(bus.attempts("mail"), 3);
    EXPECT_EQ(bus.failures("mail"), 2);
    EXPECT_EQ(bus.completed("mail"), 1);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

// Those are called without a frame, if nothing is wrapped around them.
TEST(test_bus, makes_calls_of_inline_handlers_fail_as_well) {
    test_bus bus{{.bus = silent()}};
    std::vector<long> seen;
    auto mail = bus.subscribe<order_placed>(
        "mail", [&](const order_placed& order) { seen.push_back(order.cents); },
        {.execution = stentor::execution::inline_});
    bus.publish(order_placed{"o", 1});
    bus.publish(order_placed{"o", 2});
    bus.fail_next("mail", 1, std::runtime_error("smtp is down"));
    bus.publish(order_placed{"o", 3});
    bus.publish(order_placed{"o", 4});
    EXPECT_THAT(seen, ElementsAre(1, 2, 4));
    EXPECT_EQ(bus.failures("mail"), 1);
}

TEST(test_bus, charges_the_failure_that_was_given) {
    stentor::bus_options options;
    std::vector<std::string> errors;
    options.log.on_error = [&](const stentor::error_record& one) {
        errors.emplace_back(one.error);
    };
    test_bus bus{{.bus = std::move(options)}};
    auto mail = bus.subscribe<order_placed>("mail", [](const order_placed&) {});
    bus.fail_next("mail", 1, std::runtime_error("smtp is down"));
    bus.fail_next("mail", 1, std::logic_error("no such recipient"));
    bus.publish(order_placed{"o", 1});
    bus.publish(order_placed{"o", 2});
    bus.settle();
    bus.drain();
    EXPECT_THAT(errors, ElementsAre(HasSubstr("smtp is down"), HasSubstr("no such recipient")));
}

TEST(test_bus, counts_what_a_handler_threw_itself) {
    test_bus bus{{.bus = silent()}};
    auto picky = bus.subscribe<order_placed>("picky", [](const order_placed& order) {
        if (order.cents % 2 == 0) {
            throw std::runtime_error("even");
        }
    });
    for (long cents = 0; cents < 100; ++cents) {
        bus.publish(order_placed{"o", cents});
    }
    bus.settle();
    EXPECT_EQ(bus.attempts("picky"), 100);
    EXPECT_EQ(bus.failures("picky"), 50);
    EXPECT_EQ(bus.completed("picky"), 50);
}

TEST(test_bus, remembers_handlers_whose_subscription_is_over) {
    test_bus bus;
    {
        auto mail = bus.subscribe<order_placed>("mail", [](const order_placed&) {});
        bus.publish(order_placed{"o", 1});
        bus.settle();
    }
    bus.publish(order_placed{"o", 2});
    bus.settle();
    EXPECT_EQ(bus.attempts("mail"), 1);
    EXPECT_EQ(bus.completed("mail"), 1);
    EXPECT_EQ(bus.terms("mail").unaccounted(), 0);
}

TEST(test_bus, says_which_handlers_there_are_when_a_name_is_wrong) {
    test_bus bus;
    auto mail = bus.subscribe<order_placed>("mail", [](const order_placed&) {});
    try {
        static_cast<void>(bus.attempts("mial"));
        ADD_FAILURE() << "a wrong name was accepted";
    } catch (const std::invalid_argument& error) {
        EXPECT_THAT(error.what(), HasSubstr("no handler \"mial\""));
        EXPECT_THAT(error.what(), HasSubstr("those that were: mail"));
    }
    EXPECT_THROW(bus.fail_next("mial", 1, std::runtime_error("x")), std::invalid_argument);
}

TEST(test_bus, names_handlers_that_never_come_to_rest) {
    test_bus bus{{.steps_max = 500}};
    auto ping = bus.subscribe<order_placed>(
        "ping", [&](const order_placed&) { bus.publish(stock_reserved{1}); });
    auto pong = bus.subscribe<stock_reserved>(
        "pong", [&](const stock_reserved&) { bus.publish(order_placed{"o", 1}); });
    bus.publish(order_placed{"o", 1});
    try {
        bus.settle();
        ADD_FAILURE() << "a livelock was called settled";
    } catch (const stentor::testing::not_settled& error) {
        EXPECT_THAT(error.what(), HasSubstr("after 500 steps"));
        EXPECT_THAT(error.what(), HasSubstr("ping ("));
        EXPECT_THAT(error.what(), HasSubstr("pong ("));
    }
    ping.unsubscribe();
    pong.unsubscribe();
}

TEST(test_bus, lets_time_pass) {
    test_bus bus;
    int handled = 0;
    serve(bus, handled);
    const auto before = bus.clock().system_ns();
    bus.advance(3s);
    EXPECT_EQ(bus.clock().system_ns() - before, 3'000'000'000);
    const auto soon = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(bus.clock().system_ns()) + 5s));
    bus.publish(order_placed{"o", 1}, {.expires_at = soon});
    bus.clock().advance(6s);
    bus.settle();
    EXPECT_EQ(handled, 0);
    EXPECT_EQ(bus.terms("serve").expired, 1);
}

TEST(test_bus, records_in_order_what_went_out_and_what_was_refused) {
    test_bus bus;
    auto small = bus.subscribe<order_placed>("small", [](const order_placed&) {}, {.capacity = 1});
    bus.publish(order_placed{"first", 1});
    bus.publish(order_placed{"second", 2});
    bus.publish(stock_reserved{3});
    const auto all = bus.history().all();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].status(), stentor::publish_status::accepted);
    EXPECT_EQ(all[1].status(), stentor::publish_status::rejected_full);
    EXPECT_EQ(all[2].status(), stentor::publish_status::no_subscribers);
    EXPECT_THAT(bus.published<order_placed>(), ElementsAre(order_placed{"first", 1}));
    EXPECT_THAT(bus.published<stock_reserved>(), ElementsAre(stock_reserved{3}));
    EXPECT_EQ(bus.published(stentor::pattern("order.>")).size(), 1U);
    bus.forget_published();
    EXPECT_TRUE(bus.history().all().empty());
}

// Here the handler gives its event back until it rests; so would a paused one hold it.
TEST(test_bus, lets_a_publisher_give_up_when_nobody_can_make_room) {
    test_bus bus;
    bool open = false;
    auto shy = bus.subscribe<stock_reserved>(
        "shy",
        [&](const stock_reserved&) {
            return open ? stentor::outcome::done() : stentor::outcome::release();
        },
        {.capacity = 1, .when_full = stentor::when_full::block{1s}});
    bus.publish(stock_reserved{1});
    EXPECT_EQ(bus.publish(stock_reserved{2}).status(), stentor::publish_status::rejected_full);
    open = true;
    bus.settle();
    EXPECT_EQ(bus.completed("shy"), 1);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

TEST(test_bus, lets_a_handler_drain_that_keeps_the_only_runner) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        test_bus bus{{.seed = seed, .bus = {.workers = 1, .spare = 0}}};
        int handled = 0;
        auto other = bus.subscribe<stock_reserved>("other", [](const stock_reserved&) {});
        serve(bus, handled);
        auto last = bus.subscribe<stock_reserved>("last", [&](const stock_reserved&) {
            other.unsubscribe();  // leaves something to tidy up
            static_cast<void>(bus.drain());
        });
        bus.publish(stock_reserved{1});
        bus.publish(stock_reserved{2});
        bus.publish(order_placed{"o", 1});
        bus.settle();
        EXPECT_EQ(handled, 1);
        EXPECT_EQ(bus.audit().unaccounted(), 0);
    }
}

// The record changes nothing that the user of the bus can see.
TEST(test_bus, does_not_show_its_record_in_the_books) {
    test_bus bus;
    EXPECT_EQ(bus.publish(order_placed{"o", 1}).status(), stentor::publish_status::no_subscribers);
    EXPECT_FALSE(bus.would_deliver<order_placed>());
    int handled = 0;
    serve(bus, handled);
    bus.publish(order_placed{"o", 1});
    bus.settle();
    const auto audit = bus.audit();
    EXPECT_EQ(audit.publishes.published, 2);
    ASSERT_EQ(audit.subscriptions.size(), 1U);
    EXPECT_EQ(audit.subscriptions[0].second.accepted, 1);
    EXPECT_EQ(audit.envelopes_alive, 0);
}

TEST(test_bus, records_every_way_to_publish) {
    test_bus bus;
    int handled = 0;
    serve(bus, handled);
    std::vector<order_placed> orders{{"b-1", 1}, {"b-2", 2}};
    EXPECT_EQ(bus.publish_bulk(std::span(orders)), 2U);
    EXPECT_EQ(orders[0].id, "b-1");
    EXPECT_EQ(bus.publish_bulk_move(std::span(orders)), 2U);
    const std::vector<stock_reserved> shelves{{1}, {2}, {3}};
    EXPECT_EQ(bus.publish_bulk(std::span(shelves)), 3U);
    auto hot = bus.publisher<order_placed>();
    hot.publish(order_placed{"hot", 1});
    bus.publish(stentor::topic("note.made"), "{}");
    bus.publish(parcel{std::make_unique<int>(3)});
    bus.settle();
    EXPECT_EQ(handled, 5);
    EXPECT_THAT(bus.published<order_placed>(),
                ElementsAre(order_placed{"b-1", 1}, order_placed{"b-2", 2}, order_placed{"b-1", 1},
                            order_placed{"b-2", 2}, order_placed{"hot", 1}));
    EXPECT_EQ(bus.published<stock_reserved>().size(), 3U);
    const auto notes = bus.published(stentor::pattern("note.*"));
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes[0].text(), "{}");
    const auto parcels = bus.published(stentor::pattern("parcel.sent"));
    ASSERT_EQ(parcels.size(), 1U);
    EXPECT_EQ(parcels[0].as<parcel>(), nullptr);
    EXPECT_EQ(bus.audit().unaccounted(), 0);
}

// What the record says of an event is what its handler sees.
TEST(test_bus, records_the_metadata_that_handlers_see) {
    test_bus bus;
    std::vector<stentor::event_id> ids;
    std::vector<std::string> correlations;
    std::vector<std::string> users;
    auto see = bus.subscribe("see", stentor::pattern(">"),
                             [&](const stentor::any_event& event, stentor::context& ctx) {
                                 ids.push_back(event.id());
                                 correlations.push_back(ctx.correlation_id());
                                 users.emplace_back(event.metadata().user_id);
                             });
    auto stock = bus.subscribe<order_placed>(
        "stock",
        [](const order_placed&, stentor::context& ctx) { ctx.publish(stock_reserved{1}); });
    bus.publish(order_placed{"o", 1}, {.correlation_id = "req-7", .user_id = "u-17"});
    bus.settle();
    bus.publish(order_placed{"o", 2});
    bus.settle();
    const auto all = bus.history().all();
    ASSERT_EQ(all.size(), 4U);
    ASSERT_EQ(ids.size(), 4U);
    for (std::size_t at = 0; at < all.size(); ++at) {
        EXPECT_EQ(all[at].id(), ids[at]) << at;
        EXPECT_EQ(all[at].correlation_id(), correlations[at]) << at;
        EXPECT_EQ(all[at].user_id(), users[at]) << at;
    }
    EXPECT_EQ(all[1].correlation_id(), "req-7");
    EXPECT_EQ(all[1].causation_id(), ids[0]);
    EXPECT_EQ(all[1].depth(), 1);
    EXPECT_EQ(all[1].publisher(), "stock");
    EXPECT_EQ(all[0].publisher(), "");
}

// Two handlers of one event: which is first is the seed's choice, and the same seed's always.
std::string order_under(std::uint64_t seed) {
    std::string order;
    test_bus bus{{.seed = seed}};
    auto first = bus.subscribe<stock_reserved>("a", [&](const stock_reserved&) { order += 'a'; });
    auto second = bus.subscribe<stock_reserved>("b", [&](const stock_reserved&) { order += 'b'; });
    for (int count = 0; count < 5; ++count) {
        bus.publish(stock_reserved{count});
    }
    bus.settle();
    return order;
}

TEST(test_bus, does_the_same_again_under_the_same_seed_and_something_else_under_others) {
    std::set<std::string> orders;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const auto order = order_under(seed);
        EXPECT_EQ(order.size(), 10U);
        EXPECT_EQ(order_under(seed), order) << "seed " << seed;
        orders.insert(order);
    }
    EXPECT_GT(orders.size(), 10U);
}

TEST(test_bus, makes_the_same_ids_under_the_same_seed) {
    const auto id_under = [](std::uint64_t seed) {
        int handled = 0;
        test_bus bus{{.seed = seed}};
        serve(bus, handled);
        return bus.publish(order_placed{"o", 1}).id();
    };
    EXPECT_EQ(id_under(3), id_under(3));
    EXPECT_NE(id_under(3), id_under(4));
}

TEST(test_bus, tries_shared_lanes_and_lanes_of_their_own) {
    std::set<std::uint64_t> lanes;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        int handled = 0;
        test_bus bus{{.seed = seed}};
        serve(bus, handled);
        auto other = bus.subscribe<order_placed>("other", [&](const order_placed&) { ++handled; });
        lanes.insert(bus.snapshot().lanes);
        bus.publish(order_placed{"o", 1});
        bus.settle();
        EXPECT_EQ(handled, 2);
    }
    EXPECT_EQ(lanes, (std::set<std::uint64_t>{1, 2}));
}

TEST(test_bus, refuses_an_executor_and_a_clock_of_others) {
    stentor::virtual_clock clock;
    stentor::bus_options options;
    options.clock = &clock;
    EXPECT_THROW((test_bus{{.bus = std::move(options)}}), std::invalid_argument);
}

}  // namespace
