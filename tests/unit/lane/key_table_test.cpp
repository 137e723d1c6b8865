// SPDX-License-Identifier: MIT
#include "lane/key_table.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <random>

// The keys of an ordered lane that are in use, against a table that is as simple as can be.

namespace {

struct entry {
    std::uint64_t key = 0;
    int number = 0;
};
using table = stentor::detail::key_table<entry>;
using claimed = table::claimed;

constexpr std::size_t plenty = 64;

TEST(key_table, gives_a_free_key_to_the_first_that_wants_it) {
    table keys(false);
    ASSERT_EQ(keys.reserve(plenty), plenty);
    EXPECT_EQ(keys.claim(7, 1, {7, 0}), claimed::given);
    EXPECT_EQ(keys.claim(7, 1, {7, 1}), claimed::given) << "the batch that has the key";
    EXPECT_EQ(keys.claim(7, 2, {7, 2}), claimed::waits) << "another batch";
    EXPECT_EQ(keys.claim(7, 1, {7, 3}), claimed::waits) << "behind one that waits";
    EXPECT_EQ(keys.claim(8, 2, {8, 0}), claimed::given) << "another key";
    EXPECT_EQ(keys.keys_in_use(), 2U);
    EXPECT_EQ(keys.release(7), 0U);
    EXPECT_EQ(keys.release(7), 2U) << "with the batch's last entry";
    EXPECT_EQ(keys.claim(7, 3, {7, 4}), claimed::ready) << "behind the ones that are ready";
    std::array<entry, 4> out;
    std::array<std::uint64_t, 4> held{};
    std::size_t gone = 0;
    ASSERT_EQ(keys.take_ready(4, out.data(), held.data(), 2, gone), 2U);
    EXPECT_EQ(gone, 3U) << "the last of them waits for this batch now";
    EXPECT_EQ(out[0].number, 2);
    EXPECT_EQ(out[1].number, 3);
    EXPECT_EQ(held[0], 7U);
    EXPECT_FALSE(keys.any_ready());
    EXPECT_EQ(keys.release(7), 0U);
    EXPECT_EQ(keys.release(7), 1U);
    ASSERT_EQ(keys.take_ready(5, out.data(), held.data(), 4, gone), 1U);
    EXPECT_EQ(out[0].number, 4);
    EXPECT_EQ(keys.release(7), 0U);
    EXPECT_EQ(keys.release(8), 0U);
    EXPECT_EQ(keys.keys_in_use(), 0U);
}

TEST(key_table, gives_a_batch_one_entry_of_a_key_where_handlers_keep_keys) {
    table keys(true);
    ASSERT_EQ(keys.reserve(plenty), plenty);
    EXPECT_EQ(keys.claim(7, 1, {7, 0}), claimed::given);
    EXPECT_EQ(keys.claim(7, 1, {7, 1}), claimed::waits);
    EXPECT_EQ(keys.claim(7, 1, {7, 2}), claimed::waits);
    EXPECT_EQ(keys.release(7), 2U);
    std::array<entry, 4> out;
    std::array<std::uint64_t, 4> held{};
    std::size_t gone = 0;
    ASSERT_EQ(keys.take_ready(2, out.data(), held.data(), 4, gone), 1U);
    EXPECT_EQ(keys.release(7), 1U);
    ASSERT_EQ(keys.take_ready(3, out.data(), held.data(), 4, gone), 1U);
    EXPECT_EQ(out[0].number, 2);
    EXPECT_EQ(keys.release(7), 0U);
}

TEST(key_table, puts_what_is_given_back_before_what_waits) {
    table keys(true);
    ASSERT_EQ(keys.reserve(plenty), plenty);
    EXPECT_EQ(keys.claim(7, 1, {7, 0}), claimed::given);
    EXPECT_EQ(keys.claim(7, 1, {7, 1}), claimed::waits);
    EXPECT_TRUE(keys.give_back(7, {7, 0}));
    EXPECT_EQ(keys.release(7), 2U);
    for (int number = 0; number < 2; ++number) {
        std::array<entry, 4> out;
        std::array<std::uint64_t, 4> held{};
        std::size_t gone = 0;
        ASSERT_EQ(keys.take_ready(2, out.data(), held.data(), 4, gone), 1U);
        EXPECT_EQ(out[0].number, number);
        static_cast<void>(keys.release(7));
    }
    EXPECT_EQ(keys.keys_in_use(), 0U);
}

TEST(key_table, hands_out_everything_that_waits_when_it_is_cancelled) {
    table keys(false);
    ASSERT_EQ(keys.reserve(plenty), plenty);
    for (std::uint64_t key = 0; key < 4; ++key) {
        EXPECT_EQ(keys.claim(key, 1, {key, 0}), claimed::given);
        for (int number = 1; number < 4; ++number) {
            EXPECT_EQ(keys.claim(key, 2, {key, number}), claimed::waits);
        }
    }
    EXPECT_EQ(keys.release(0), 3U);
    EXPECT_EQ(keys.release(1), 3U);
    std::array<entry, 5> out;
    std::size_t taken = 0;
    std::size_t gone = 0;
    while (const auto count = keys.take_any(out.data(), out.size(), gone)) {
        taken += count;
    }
    EXPECT_EQ(taken, 12U);
    EXPECT_EQ(gone, 6U) << "those that were ready";
    EXPECT_EQ(keys.keys_in_use(), 2U) << "the keys that are held";
    EXPECT_EQ(keys.release(2), 0U);
    EXPECT_EQ(keys.release(3), 0U);
    EXPECT_EQ(keys.keys_in_use(), 0U);
}

// A table beside a map of queues, which must agree with it.
class compared {
public:
    [[nodiscard]] bool make_room() { return keys_.reserve(1) == 1; }

    void claim(std::uint64_t key, bool next_batch, int number) {
        batch_ += next_batch || batch_ == 0 ? 1 : 0;
        auto& one = simple_[key];
        const auto outcome = keys_.claim(key, batch_, {key, number});
        if (one.held == 0 && one.waits.empty()) {
            ASSERT_EQ(outcome, claimed::given);
            one = {batch_, 1, {}};
        } else if (one.waits.empty() && one.batch == batch_) {
            ASSERT_EQ(outcome, claimed::given);
            ++one.held;
        } else {
            ASSERT_EQ(outcome, one.held == 0 ? claimed::ready : claimed::waits);
            one.waits.push_back(number);
        }
    }

    void release(std::uint64_t key) {
        auto& one = simple_[key];
        if (one.held == 0) {
            return;
        }
        const auto came = keys_.release(key);
        --one.held;
        ASSERT_EQ(came, one.held == 0 ? one.waits.size() : 0U);
        if (came != 0) {
            ready_.push_back(key);
        }
    }

    void take_ready() {
        std::array<entry, 3> out;
        std::array<std::uint64_t, 3> held{};
        std::size_t gone = 0;
        const auto count = keys_.take_ready(++batch_, out.data(), held.data(), 3, gone);
        ASSERT_EQ(count == 0, ready_.empty());
        for (std::size_t at = 0; at < count; ++at) {
            auto& one = simple_[held[at]];
            if (one.held == 0) {
                ASSERT_EQ(ready_.front(), held[at]) << "first come, first served";
                ready_.pop_front();
            }
            one.batch = batch_;
            ++one.held;
            ASSERT_EQ(out[at].number, one.waits.front());
            one.waits.pop_front();
        }
    }

    void end() {
        for (auto& [key, one] : simple_) {
            while (one.held-- > 0) {
                static_cast<void>(keys_.release(key));
            }
        }
        std::array<entry, 8> out;
        std::size_t gone = 0;
        while (keys_.take_any(out.data(), out.size(), gone) != 0) {
        }
        EXPECT_EQ(keys_.keys_in_use(), 0U);
    }

private:
    struct simple_key {
        std::uint32_t batch = 0;
        int held = 0;
        std::deque<int> waits;
    };
    table keys_{false};
    std::map<std::uint64_t, simple_key> simple_;
    std::deque<std::uint64_t> ready_;
    std::uint32_t batch_ = 0;
};

TEST(key_table, agrees_with_a_simple_one_whatever_happens) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937_64 dice(seed);
        compared both;
        const std::uint64_t most = 1 + dice() % 40;
        for (int number = 0; number < 500 && !::testing::Test::HasFatalFailure(); ++number) {
            ASSERT_TRUE(both.make_room());
            // Few low bits differ, so that the runs of the table are long and wrap around.
            const auto key = (dice() % most) * 61 + 60;
            switch (dice() % 3) {
                case 0: both.claim(key, dice() % 2 == 0, number); break;
                case 1: both.release(key); break;
                default: both.take_ready(); break;
            }
        }
        both.end();
    }
}

TEST(key_table, keeps_nothing_of_keys_that_are_idle) {
    table keys(false);
    for (std::uint64_t key = 0; key < 1'000'000; ++key) {
        ASSERT_EQ(keys.reserve(1), 1U);
        ASSERT_EQ(keys.claim(key * 0x9e3779b97f4a7c15U, 1, {key, 0}), claimed::given);
        ASSERT_EQ(keys.release(key * 0x9e3779b97f4a7c15U), 0U);
    }
    EXPECT_EQ(keys.keys_in_use(), 0U);
    EXPECT_LE(keys.places(), 64U);
}

}  // namespace
