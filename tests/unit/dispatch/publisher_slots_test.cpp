// SPDX-License-Identifier: MIT
#include "dispatch/publisher_slots.hpp"

#include "support/gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <thread>
#include <vector>

// Slots of publishers: leased by threads, shared by those that come too late, returned in any
// order.

namespace {

using stentor::detail::publisher_slot;
using stentor::detail::slot_pool;
using namespace stentor_test;

TEST(publisher_slots, are_leased_once_each) {
    slot_pool pool(3, 0, nullptr);
    EXPECT_EQ(pool.size(), 3 + slot_pool::shared_slots);
    std::set<publisher_slot*> leased;
    for (int turn = 0; turn < 3; ++turn) {
        auto* slot = pool.lease();
        ASSERT_NE(slot, nullptr);
        EXPECT_FALSE(slot->shared);
        leased.insert(slot);
    }
    EXPECT_EQ(leased.size(), 3U);
    EXPECT_EQ(pool.lease(), nullptr);
    pool.give_back(*leased.begin());
    EXPECT_EQ(pool.lease(), *leased.begin());
}

TEST(publisher_slots, that_are_shared_are_claimed_once_at_a_time) {
    slot_pool pool(1, 0, nullptr);
    std::set<publisher_slot*> claimed;
    for (std::uint32_t turn = 0; turn < slot_pool::shared_slots; ++turn) {
        auto* slot = pool.claim_shared();
        EXPECT_TRUE(slot->shared);
        claimed.insert(slot);
    }
    EXPECT_EQ(claimed.size(), std::size_t{slot_pool::shared_slots});
    slot_pool::unclaim(*claimed.begin());
    EXPECT_EQ(pool.claim_shared(), *claimed.begin());
}

TEST(publisher_slots, have_ranges_of_tickets_that_never_meet) {
    slot_pool pool(64, 0xffff'ffff'ffff'0000, nullptr);  // any base, also one that wraps around
    std::set<std::uint64_t> firsts;
    for (std::uint32_t index = 0; index < pool.size(); ++index) {
        EXPECT_EQ(pool.at(index).index, index);
        firsts.insert(pool.at(index).ticket_base);
    }
    EXPECT_EQ(firsts.size(), std::size_t{pool.size()});
}

TEST(publisher_slots, of_a_thread_stay_with_it_until_it_ends) {
    const auto pool = std::make_shared<slot_pool>(2, 0, nullptr);
    auto* mine = slot_pool::of_this_thread(pool);
    ASSERT_NE(mine, nullptr);
    EXPECT_EQ(slot_pool::of_this_thread(pool), mine);
    publisher_slot* others = nullptr;
    std::thread([&] {
        others = slot_pool::of_this_thread(pool);
        EXPECT_NE(others, mine);
        std::thread([&] { EXPECT_EQ(slot_pool::of_this_thread(pool), nullptr); }).join();
    }).join();
    std::thread([&] { EXPECT_EQ(slot_pool::of_this_thread(pool), others); }).join();
    EXPECT_EQ(slot_pool::of_this_thread(pool), mine);
}

TEST(publisher_slots, of_several_pools_are_kept_apart) {
    const auto one = std::make_shared<slot_pool>(2, 0, nullptr);
    const auto two = std::make_shared<slot_pool>(2, 0, nullptr);
    auto* in_one = slot_pool::of_this_thread(one);
    auto* in_two = slot_pool::of_this_thread(two);
    EXPECT_NE(in_one, in_two);
    for (int turn = 0; turn < 3; ++turn) {
        EXPECT_EQ(slot_pool::of_this_thread(one), in_one);
        EXPECT_EQ(slot_pool::of_this_thread(two), in_two);
    }
}

TEST(publisher_slots, of_a_retired_pool_are_forgotten) {
    std::weak_ptr<slot_pool> watched;
    {
        const auto gone = std::make_shared<slot_pool>(2, 0, nullptr);
        watched = gone;
        ASSERT_NE(slot_pool::of_this_thread(gone), nullptr);
        gone->retire();
    }
    EXPECT_FALSE(watched.expired()) << "the thread still holds its lease";
    const auto next = std::make_shared<slot_pool>(2, 0, nullptr);
    ASSERT_NE(slot_pool::of_this_thread(next), nullptr);
    EXPECT_TRUE(watched.expired()) << "and drops it when it takes another one";
}

TEST(publisher_slots, are_never_given_to_two_threads) {
    slot_pool pool(4, 0, nullptr);
    constexpr int threads = 4;
    rendezvous together(threads);
    std::vector<std::atomic<int>> holders(pool.size());
    std::vector<std::thread> all;
    for (int index = 0; index < threads; ++index) {
        all.emplace_back([&] {
            EXPECT_TRUE(together.meet());
            for (int turn = 0; turn < 5000; ++turn) {
                if (auto* slot = pool.lease()) {
                    EXPECT_EQ(holders[slot->index].fetch_add(1), 0);
                    holders[slot->index].fetch_sub(1);
                    pool.give_back(slot);
                }
                auto* shared = pool.claim_shared();
                EXPECT_EQ(holders[shared->index].fetch_add(1), 0);
                holders[shared->index].fetch_sub(1);
                slot_pool::unclaim(shared);
            }
        });
    }
    for (auto& one : all) {
        one.join();
    }
}

}  // namespace
