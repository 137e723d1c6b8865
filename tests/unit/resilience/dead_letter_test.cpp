// SPDX-License-Identifier: MIT
#include <stentor/resilience/dead_letter.hpp>

#include "support/sample_letters.hpp"
#include <stentor/resilience/memory_dead_letters.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using stentor::dead_letter;
using stentor::dead_letter_errc;
using stentor::memory_dead_letters;
using stentor::normalised_error;
using stentor_test::letter_id;
using stentor_test::small_letter;

namespace {

TEST(dead_letter, keeps_the_first_three_and_the_last_seventeen_attempts) {
    dead_letter letter;
    for (std::int32_t number = 1; number <= 100; ++number) {
        add_attempt(letter, {number, std::chrono::system_clock::time_point(number * 1s), 1s, {}});
    }
    ASSERT_EQ(letter.attempts.size(), 20U);
    EXPECT_EQ(letter.attempts[2].number, 3);
    EXPECT_EQ(letter.attempts[3].number, 84);
    EXPECT_EQ(letter.attempts[19].number, 100);
    EXPECT_EQ(letter.attempts_total, 100U);
    EXPECT_EQ(letter.first_failed, std::chrono::system_clock::time_point(2s));
    EXPECT_EQ(letter.last_failed, std::chrono::system_clock::time_point(101s));
}

TEST(dead_letter, errors_are_alike_without_their_numbers_and_ids) {
    EXPECT_EQ(normalised_error("order 4711 not found"), "order # not found");
    EXPECT_EQ(normalised_error("no 018f4e2a-abcd-7abc-8def-0123456789ab!"), "no #!");
    EXPECT_EQ(normalised_error("at 0xdead, deadbeef, 7f3a"), "at #, #, #");
    EXPECT_EQ(normalised_error("line12 faded a café"), "line# faded a café");
    EXPECT_EQ(normalised_error(""), "");
}

TEST(dead_letter, a_fingerprint_is_that_of_the_failure) {
    const auto of = [](const dead_letter& letter) { return fingerprint_of(letter); };
    const dead_letter one = small_letter(1, "timeout after 10 ms");
    EXPECT_EQ(of(one), of(small_letter(2, "timeout after 2000 ms")));
    EXPECT_NE(of(one), of(small_letter(1, "refused after 10 ms")));
    dead_letter other = one;
    other.subscription = "audit";
    EXPECT_NE(of(one), of(other));
    other = one;
    other.reason = stentor::dead_letter_reason::rejected;
    EXPECT_NE(of(one), of(other));
    other = one;
    other.topic = "order.paid";
    EXPECT_NE(of(one), of(other));
    // Stable: computed by another program, over "\0" "\0" "exhausted\0" "\0".
    EXPECT_EQ(of(dead_letter{}), 0x898D'947C'3A9A'FA24U);
}

TEST(memory_dead_letters, refuses_options_that_make_no_sense) {
    const auto none = memory_dead_letters::make({.letters_max = 0});
    ASSERT_FALSE(none.has_value());
    EXPECT_NE(none.error().message().find("letters_max"), std::string::npos);
    const auto few = memory_dead_letters::make({.bytes_max = 10});
    ASSERT_FALSE(few.has_value());
    EXPECT_EQ(few.error().code(), stentor::errc::invalid_option);
}

TEST(memory_dead_letters, says_that_it_is_full_and_drops_nothing) {
    const auto store = memory_dead_letters::make({.letters_max = 2}).value();
    ASSERT_TRUE(store->put(small_letter(1)).has_value());
    ASSERT_TRUE(store->put(small_letter(2)).has_value());
    const auto refused = store->put(small_letter(3));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, dead_letter_errc::full);
    EXPECT_NE(refused.error().message.find("2 of 2 letters"), std::string::npos);
    EXPECT_TRUE(store->put(small_letter(1)).has_value());  // a merge takes no place
    EXPECT_EQ(store->room().letters, 2U);
    ASSERT_TRUE(store->purge({.id = letter_id(1)}, stentor::purge_confirmation::matching));
    EXPECT_TRUE(store->put(small_letter(3)).has_value());
}

struct large_object final : stentor::dead_letter_object {
    [[nodiscard]] std::size_t bytes() const noexcept override { return 3000; }
};

TEST(memory_dead_letters, is_bounded_by_bytes_with_those_of_objects) {
    const auto store = memory_dead_letters::make({.bytes_max = 4096}).value();
    dead_letter letter = small_letter(1);
    letter.payload = {stentor::dead_letter_content::object, "", std::make_shared<large_object>()};
    const std::uint64_t number = store->put(letter).value();
    EXPECT_EQ(store->room().bytes, memory_of(letter));
    letter.id = letter_id(2);
    EXPECT_EQ(store->put(letter).error().code, dead_letter_errc::full);
    EXPECT_EQ(store->annotate(number, "k", std::string(4000, 'x')).error().code,
              dead_letter_errc::full);
    EXPECT_TRUE(store->get(number)->notes.empty());
    // What comes back from a redrive is kept, over the bound too.
    const auto claim = store->claim(number).value();
    ASSERT_TRUE(store->give_back(claim, {{2, {}, 1ms, {std::string(4000, 'e')}}}).has_value());
    EXPECT_GT(store->room().bytes, 4096U);
    ASSERT_TRUE(store->purge({}, stentor::purge_confirmation::everything).has_value());
    EXPECT_EQ(store->room().bytes, 0U);
}

TEST(memory_dead_letters, each_letter_is_redriven_by_one_of_many_threads) {
    constexpr std::uint64_t letters = 400;
    const auto store = memory_dead_letters::make().value();
    std::atomic<std::uint64_t> redriven{0};
    std::atomic<std::uint64_t> stored{0};
    std::vector<std::thread> threads;
    for (std::uint64_t thread = 0; thread < 2; ++thread) {
        threads.emplace_back([&, thread] {
            for (std::uint64_t each = 0; each < letters; ++each) {
                stored += store->put(small_letter(1 + thread * letters + each)).has_value() ? 1 : 0;
            }
        });
    }
    for (int thread = 0; thread < 3; ++thread) {
        threads.emplace_back([&] {
            while (redriven.load() < 2 * letters) {
                const auto page = store->list({}, {.limit = 7});
                for (const dead_letter& each : page->letters) {
                    auto claim = store->claim(each.number);
                    if (!claim) {
                        continue;
                    }
                    if (claim->letter.redrives == 0) {
                        static_cast<void>(store->give_back(*claim, {{2, {}, 1ms, {"again"}}}));
                    } else if (store->finish(*claim)) {
                        ++redriven;
                    }
                }
                std::this_thread::yield();
            }
        });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    EXPECT_EQ(stored.load(), 2 * letters);
    EXPECT_EQ(redriven.load(), 2 * letters);
    EXPECT_EQ(store->room().letters, 0U);
    EXPECT_EQ(store->room().bytes, 0U);
    EXPECT_EQ(store->room().claimed, 0U);
}

}  // namespace
