// SPDX-License-Identifier: MIT
#include "resilience/held_keys.hpp"

#include <stentor/resilience/memory_dead_letters.hpp>

#include <gmock/gmock.h>

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <set>

// The keys that letters hold, against a map that knows everything.

namespace {

using stentor::detail::held_keys;

class holding : public ::testing::Test {
protected:
    std::uint64_t put(std::uint64_t key) {
        stentor::dead_letter letter;
        letter.subscription = "keyed";
        letter.topic = "test.move";
        EXPECT_TRUE(keys.expect(key));
        const auto number = store->put(letter).value();
        keys.add(key, number);
        return number;
    }
    void purge(std::uint64_t number) {
        const auto claim = store->claim(number);
        ASSERT_TRUE(store->finish(claim.value()));
    }

    std::shared_ptr<stentor::dead_letter_store> store =
        stentor::memory_dead_letters::make({.letters_max = 100'000}).value();
    held_keys keys{store};
};

TEST_F(holding, knows_the_latest_letter_of_a_key_that_the_store_still_has) {
    EXPECT_EQ(keys.latest(1), 0U);
    const auto first = put(1);
    const auto second = put(1);
    EXPECT_EQ(keys.latest(1), second);
    EXPECT_EQ(keys.latest(2), 0U);
    purge(second);
    EXPECT_EQ(keys.latest(1), first);
    purge(first);
    EXPECT_EQ(keys.latest(1), 0U);
    EXPECT_EQ(keys.size(), 0U);
}

TEST_F(holding, counts_a_letter_that_came_back_once) {
    const auto number = put(1);
    ASSERT_TRUE(keys.expect(1));
    keys.add(1, number);
    purge(number);
    EXPECT_EQ(keys.latest(1), 0U);
    EXPECT_EQ(keys.size(), 0U);
}

TEST_F(holding, forgets_what_was_expected_in_vain) {
    ASSERT_TRUE(keys.expect(1));
    EXPECT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys.latest(1), 0U) << "no letter yet";
    keys.add(1, 0);
    EXPECT_EQ(keys.size(), 0U);
}

// Keys that never come back are forgotten as others are added.
TEST_F(holding, stays_small_when_every_key_is_new) {
    for (std::uint64_t key = 1; key <= 10'000; ++key) {
        purge(put(key));
    }
    EXPECT_LE(keys.size(), 4U);
}

TEST_F(holding, agrees_with_a_map) {
    std::mt19937_64 chance(7);
    std::map<std::uint64_t, std::set<std::uint64_t>> there;
    std::map<std::uint64_t, std::uint64_t> key_of;
    for (int round = 0; round < 20'000; ++round) {
        const std::uint64_t key = chance() % 40;
        if (chance() % 2 == 0) {
            const auto number = put(key);
            there[key].insert(number);
            key_of[number] = key;
        } else if (!key_of.empty()) {
            auto one = key_of.lower_bound(chance() % (key_of.rbegin()->first + 1));
            purge(one->first);
            there[one->second].erase(one->first);
            key_of.erase(one);
        }
        const std::uint64_t asked = chance() % 40;
        ASSERT_EQ(keys.latest(asked), there[asked].empty() ? 0 : *there[asked].rbegin()) << round;
    }
}

}  // namespace
