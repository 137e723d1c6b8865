// SPDX-License-Identifier: MIT
#include "resilience/attempt_history.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

// The ring of failed attempts against a map that forgets nothing.

namespace {

using stentor::detail::attempt_history;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> texts(attempt_history& history, std::uint64_t ticket,
                               std::uint32_t latest) {
    std::vector<std::string> all;
    history.visit(ticket, latest, [&](const attempt_history::attempt& one) {
        all.push_back(std::to_string(one.number) + " " + std::string(one.errors));
    });
    return all;
}

TEST(attempt_history, gives_the_attempts_of_a_delivery_the_latest_first) {
    attempt_history history;
    const auto one = history.add(7, 0, {1, 10, 5, "down"});
    const auto other = history.add(8, 0, {1, 11, 6, "busy"});
    const auto two = history.add(7, one, {2, 20, 5, "still down"});
    EXPECT_THAT(texts(history, 7, two), ElementsAre("2 still down", "1 down"));
    EXPECT_THAT(texts(history, 8, other), ElementsAre("1 busy"));
    EXPECT_THAT(texts(history, 7, 0), IsEmpty());
    EXPECT_THAT(texts(history, 7, other), IsEmpty()) << "it is another delivery's";
}

TEST(attempt_history, keeps_times_and_cuts_long_texts) {
    attempt_history history;
    const std::string text(2'000, 'x');
    const auto place = history.add(1, 0, {3, 123, 456, text});
    std::size_t seen = 0;
    history.visit(1, place, [&](const attempt_history::attempt& one) {
        ++seen;
        EXPECT_EQ(one.number, 3);
        EXPECT_EQ(one.began_ns, 123);
        EXPECT_EQ(one.duration_ns, 456);
        EXPECT_EQ(one.errors, text.substr(0, attempt_history::text_max));
    });
    EXPECT_EQ(seen, 1U);
}

TEST(attempt_history, refuses_places_where_no_record_begins) {
    attempt_history history;
    const auto place = history.add(1, 0, {1, 0, 0, "long enough to cover more than one unit"});
    EXPECT_THAT(texts(history, 1, place + 1), IsEmpty());
    EXPECT_THAT(texts(history, 1, UINT32_MAX), IsEmpty());
}

TEST(attempt_history, forgets_the_oldest_and_mixes_nothing_up) {
    attempt_history history;
    std::mt19937 random(20'261'127);
    struct delivery {
        std::uint32_t latest = 0;
        std::vector<std::string> texts;
    };
    std::unordered_map<std::uint64_t, delivery> all;
    std::uint64_t next = 1;
    std::size_t whole = 0;
    std::size_t cut = 0;
    for (int step = 0; step < 60'000; ++step) {
        const auto ticket = random() % 3 == 0 ? next++ : 1 + random() % next;
        auto& one = all[ticket];
        const auto number = static_cast<std::int32_t>(one.texts.size()) + 1;
        const auto text = std::to_string(ticket) + std::string(random() % 80, '.');
        one.latest = history.add(ticket, one.latest, {number, step, 1, text});
        ASSERT_NE(one.latest, 0U);
        one.texts.push_back(std::to_string(number) + " " + text);
        if (step % 16 != 0) {
            continue;
        }
        const auto asked = 1 + random() % next;
        const auto& about = all[asked];
        const auto seen = texts(history, asked, about.latest);
        ASSERT_LE(seen.size(), about.texts.size());
        for (std::size_t at = 0; at < seen.size(); ++at) {
            ASSERT_EQ(seen[at], about.texts[about.texts.size() - 1 - at]);
        }
        (seen.size() == about.texts.size() ? whole : cut) += 1;
    }
    EXPECT_GT(whole, 0U);
    EXPECT_GT(cut, 0U) << "the ring was never full";
}

}  // namespace
