// SPDX-License-Identifier: MIT
#include "support/stress/ledger.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

// The checker is what the stress tests stand on, so it is shown histories that are wrong in each
// way that it is there to find.
namespace stentor::stress {
namespace {

constexpr std::uint64_t events = 200;

// Publisher p's n-th event on stream s; the places are those of publisher p with one stream.
stamp mark(std::uint64_t number, std::uint64_t stream = 0, std::uint64_t publisher = 0) {
    return stamp::make(stream, number, publisher, number);
}

// Two publishers of one stream each; everything accepted, everything handled once and in order.
struct history {
    sent_log sent{2};
    received_log seen{2, 2, true, true};
    delivery_terms counted{};

    history() {
        for (std::uint64_t stream = 0; stream < 2; ++stream) {
            sent.open(stream, events);
            seen.open(stream, events);
        }
        counted.accepted = 2 * events;
        counted.completed = 2 * events;
    }
    void send_all() {
        for (std::uint64_t number = 0; number < events; ++number) {
            sent.whole(mark(number, 0, 0));
            sent.whole(mark(number, 1, 1));
        }
    }
    void handle(const stamp& one) {
        seen.enter();
        seen.record(one);
        seen.leave();
    }
    void handle_all_but(std::uint64_t missing) {
        for (std::uint64_t number = 0; number < events; ++number) {
            if (number != missing) {
                handle(mark(number, 0, 0));
            }
            handle(mark(number, 1, 1));
        }
    }
    [[nodiscard]] std::string verdict(bool may_cancel = false, std::uint64_t thrown = 0) const {
        return disagreement(compare(sent, seen), counted, thrown, may_cancel);
    }
};

constexpr std::uint64_t nothing = ~std::uint64_t{0};

TEST(ledger, accepts_a_history_in_which_every_event_was_handled_once) {
    history one;
    one.send_all();
    one.handle_all_but(nothing);
    EXPECT_EQ(one.verdict(), "");
}

TEST(ledger, rejects_a_lost_event) {
    history one;
    one.send_all();
    one.handle_all_but(130);
    EXPECT_NE(one.verdict().find("lost"), std::string::npos);
}

TEST(ledger, rejects_a_lost_event_that_the_engine_calls_completed) {
    history one;
    one.send_all();
    one.handle_all_but(events - 1);
    EXPECT_NE(one.verdict().find("handled: 399 by the ledger, 400 by the engine"),
              std::string::npos);
}

TEST(ledger, rejects_a_lost_event_that_the_engine_calls_dropped_though_nobody_was_full) {
    history one;
    one.send_all();
    one.handle_all_but(0);
    one.counted.completed -= 1;
    one.counted.dropped_full = 1;
    EXPECT_NE(one.verdict().find("lost though nobody was full"), std::string::npos);
}

TEST(ledger, accepts_a_drop_that_the_publisher_was_told_of) {
    history one;
    one.send_all();
    history other;
    for (std::uint64_t number = 0; number < events; ++number) {
        number == 7 ? other.sent.in_part(mark(number)) : other.sent.whole(mark(number));
        other.sent.whole(mark(number, 1, 1));
    }
    other.handle_all_but(7);
    other.counted.completed -= 1;
    other.counted.dropped_full = 1;
    EXPECT_EQ(other.verdict(), "");
    other.counted.dropped_full = 2;
    EXPECT_NE(other.verdict().find("lost (missing"), std::string::npos);
}

TEST(ledger, rejects_an_event_that_was_handled_twice) {
    history one;
    one.send_all();
    one.handle_all_but(nothing);
    one.handle(mark(events - 1, 1, 1));
    one.counted.completed += 1;
    one.counted.accepted += 1;
    EXPECT_NE(one.verdict().find("handled twice: 1"), std::string::npos);
}

TEST(ledger, rejects_an_event_that_was_refused) {
    history one;
    one.send_all();
    history other;
    for (std::uint64_t number = 0; number < events; ++number) {
        other.sent.record(mark(number),
                          number == 63 ? publish_status::rejected_full : publish_status::accepted);
        other.sent.whole(mark(number, 1, 1));
    }
    other.handle_all_but(nothing);
    EXPECT_NE(other.verdict().find("phantom: 1"), std::string::npos);
}

TEST(ledger, rejects_an_event_that_nobody_sent) {
    history one;
    one.send_all();
    one.handle_all_but(nothing);
    one.handle(stamp::make(5, 0, 0, events));       // a stream that is not the subscription's
    one.handle(stamp::make(0, events, 0, events));  // a number that was never given
    EXPECT_NE(one.verdict().find("phantom: 2"), std::string::npos);
}

TEST(ledger, rejects_an_event_with_foreign_bytes) {
    history one;
    one.send_all();
    one.handle_all_but(4);
    auto torn = mark(4);
    torn.check ^= 1;
    one.handle(torn);
    EXPECT_NE(one.verdict().find("broken payloads: 1"), std::string::npos);
}

TEST(ledger, rejects_two_events_of_a_publisher_that_changed_places) {
    history one;
    one.send_all();
    for (std::uint64_t number = 0; number < events; ++number) {
        const auto swapped = number == 10 ? 11 : number == 11 ? 10 : number;
        one.handle(mark(swapped));
    }
    for (std::uint64_t number = 0; number < events; ++number) {
        one.handle(mark(number, 1, 1));  // another publisher's may come at any time
    }
    EXPECT_NE(one.verdict().find("out of order: 1"), std::string::npos);
}

TEST(ledger, rejects_calls_at_the_same_time_where_one_is_promised) {
    history one;
    one.send_all();
    one.handle_all_but(0);
    one.seen.enter();
    one.seen.enter();
    EXPECT_NE(one.verdict().find("calls at the same time: 1"), std::string::npos);
}

TEST(ledger, rejects_failures_that_the_engine_did_not_count) {
    history one;
    one.send_all();
    one.handle_all_but(nothing);
    EXPECT_NE(one.verdict(false, 3).find("failed: 3 by the ledger, 0 by the engine"),
              std::string::npos);
}

TEST(ledger, rejects_cancelled_events_of_a_subscription_that_nobody_ended) {
    history one;
    one.send_all();
    one.handle_all_but(9);
    one.counted.completed -= 1;
    one.counted.cancelled = 1;
    EXPECT_NE(one.verdict(false).find("cancelled without reason"), std::string::npos);
    EXPECT_EQ(one.verdict(true), "");
}

TEST(ledger, rejects_what_is_outstanding_at_the_end) {
    history one;
    one.send_all();
    one.handle_all_but(nothing);
    one.counted.completed -= 1;
    one.counted.queued = 1;
    EXPECT_NE(one.verdict().find("outstanding"), std::string::npos);
}

// A second subscription, which comes after the first.
struct history_of_two : history {
    received_log second{2, 2, true, true};

    explicit history_of_two(bool strict) {
        for (std::uint64_t stream = 0; stream < 2; ++stream) {
            second.open(stream, events);
        }
        second.comes_after(seen, strict);
        send_all();
    }
    static void handle_by(received_log& log, const stamp& one, bool fails = false) {
        log.enter();
        log.record(one);
        if (fails) {
            log.fail(one);
        }
        log.finish(one);
        log.leave();
    }
    // All but number `special` of the first publisher.
    void handle_the_rest(std::uint64_t special) {
        for (std::uint64_t number = 0; number < events; ++number) {
            for (auto* log : {&seen, &second}) {
                if (number != special) {
                    handle_by(*log, mark(number, 0, 0));
                }
                handle_by(*log, mark(number, 1, 1));
            }
        }
    }
    [[nodiscard]] std::string verdict_of_second(bool may_cancel = false) const {
        return disagreement(compare(sent, second), counted, 0, may_cancel);
    }
};

constexpr auto last = events - 1;

TEST(ledger, accepts_who_comes_after_another_one) {
    for (const bool strict : {false, true}) {
        history_of_two one(strict);
        one.handle_the_rest(nothing);
        EXPECT_EQ(one.verdict_of_second(), "");
    }
}

TEST(ledger, rejects_who_goes_ahead_of_whom_it_comes_after) {
    history_of_two one(false);
    one.handle_the_rest(last);
    history_of_two::handle_by(one.second, mark(last));
    history_of_two::handle_by(one.seen, mark(last));
    EXPECT_NE(one.verdict_of_second().find("handled before those that it comes after"),
              std::string::npos);
}

TEST(ledger, rejects_who_begins_while_the_other_one_is_at_it) {
    history_of_two one(false);
    one.handle_the_rest(last);
    one.seen.enter();
    one.seen.record(mark(last));
    history_of_two::handle_by(one.second, mark(last));
    one.seen.finish(mark(last));
    one.seen.leave();
    EXPECT_NE(one.verdict_of_second().find("handled before those that it comes after: 1"),
              std::string::npos);
}

TEST(ledger, rejects_who_goes_on_without_the_success_that_it_requires) {
    for (const bool strict : {false, true}) {
        history_of_two one(strict);
        one.handle_the_rest(last);
        history_of_two::handle_by(one.seen, mark(last), true);
        history_of_two::handle_by(one.second, mark(last));
        EXPECT_EQ(one.verdict_of_second().empty(), !strict);
        EXPECT_EQ(compare(one.sent, one.second).unearned, strict ? 1U : 0U);
    }
}

TEST(ledger, accepts_who_is_dropped_without_the_success_that_it_requires) {
    history_of_two one(true);
    one.handle_the_rest(last);
    history_of_two::handle_by(one.seen, mark(last), true);
    one.counted.completed -= 1;
    one.counted.dropped_dependency = 1;
    EXPECT_EQ(one.verdict_of_second(), "");
}

TEST(ledger, rejects_who_is_dropped_though_all_that_it_requires_succeeded) {
    for (const bool strict : {false, true}) {
        history_of_two one(strict);
        one.handle_the_rest(last);
        history_of_two::handle_by(one.seen, mark(last));
        one.counted.completed -= 1;
        one.counted.dropped_dependency = 1;
        const auto verdict = one.verdict_of_second();
        EXPECT_NE(verdict.find("dropped though all that it requires succeeded"), std::string::npos);
        EXPECT_NE(verdict.find("lost though nobody was full"), std::string::npos);
    }
}

// Events 10 to 19 may fall on either side of subscribe, 150 to 159 of unsubscribe.
const std::vector<span> lived{{10, 20, 150, 160}, {10, 20, 150, 160}};

TEST(ledger, accepts_any_fate_of_publishes_at_the_time_of_subscribe_and_unsubscribe) {
    history one;
    one.send_all();
    for (std::uint64_t number = 15; number < 155; ++number) {
        one.handle(mark(number));
        one.handle(mark(number, 1, 1));
    }
    const auto found = compare(one.sent, one.seen, lived);
    EXPECT_TRUE(found.sound());
    EXPECT_EQ(found.missing_whole, 0U);
}

TEST(ledger, rejects_an_event_from_before_the_subscription) {
    history one;
    one.send_all();
    one.handle(mark(9));
    EXPECT_EQ(compare(one.sent, one.seen, lived).phantom, 1U);
}

TEST(ledger, rejects_an_event_from_after_the_subscription) {
    history one;
    one.send_all();
    one.handle(mark(160));
    EXPECT_EQ(compare(one.sent, one.seen, lived).phantom, 1U);
}

TEST(ledger, rejects_a_hole_in_the_time_of_the_subscription) {
    history one;
    one.send_all();
    for (std::uint64_t number = 20; number < 150; ++number) {
        if (number != 64) {
            one.handle(mark(number));
        }
        one.handle(mark(number, 1, 1));
    }
    EXPECT_EQ(compare(one.sent, one.seen, lived).missing_whole, 1U);
}

TEST(ledger, tells_apart_the_fates_of_the_events_of_one_word) {
    bit_row row(130);
    EXPECT_FALSE(row.set(0));
    EXPECT_FALSE(row.set(129));
    EXPECT_TRUE(row.set(129));
    EXPECT_TRUE(row.test(0));
    EXPECT_FALSE(row.test(1));
    EXPECT_EQ(row.words(), 3U);
}

}  // namespace
}  // namespace stentor::stress
