// SPDX-License-Identifier: MIT
#include "lane/lane.hpp"

#include "support/gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// A lane as publishers and runners use it: ports in, batches out, and counts that decide.

namespace {

using stentor::detail::lane;
using stentor::detail::lane_port;
using stentor::detail::make_lane;
using stentor::detail::slot_image;
using namespace stentor_test;

std::unique_ptr<lane> lane_of(std::uint32_t slot_size, std::int64_t capacity = 1000) {
    return make_lane(
        {.id = 3, .slot_size = slot_size, .runners_max = 2, .consumers = 3, .capacity = capacity});
}

slot_image image_of(std::uint64_t ticket) {
    slot_image image{};
    image.header.ticket = ticket;
    std::memset(image.payload, static_cast<int>(ticket & 0xff), sizeof image.payload);
    return image;
}

bool put(lane& into, lane_port& port, std::uint64_t ticket) {
    const auto image = image_of(ticket);
    return into.enqueue(port, image.header, image.payload);
}

std::vector<std::uint64_t> take(lane& from, std::uint32_t consumer, std::size_t most) {
    alignas(slot_image) std::byte buffer[64 * sizeof(slot_image)];
    const auto count = from.dequeue(consumer, buffer, most);
    std::vector<std::uint64_t> tickets;
    for (std::size_t at = 0; at < count; ++at) {
        slot_image image{};
        std::memcpy(&image, buffer + at * from.slot_size(), from.slot_size());
        tickets.push_back(image.header.ticket);
        if (from.slot_size() > sizeof image.header) {
            EXPECT_EQ(static_cast<std::uint64_t>(image.payload[0]), image.header.ticket & 0xff);
        }
    }
    return tickets;
}

class lane_of_size : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(lane_of_size, gives_back_what_was_put_in) {
    const auto made = lane_of(GetParam());
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(made->slot_size(), GetParam());
    EXPECT_EQ(made->id(), 3U);
    auto* port = made->add_port(0);
    ASSERT_NE(port, nullptr);
    for (std::uint64_t ticket = 1; ticket <= 100; ++ticket) {
        ASSERT_TRUE(put(*made, *port, ticket));
    }
    std::uint64_t expected = 1;
    while (made->pending()) {
        for (const auto ticket : take(*made, 0, 7)) {
            EXPECT_EQ(ticket, expected++);
        }
    }
    EXPECT_EQ(expected, 101U);
    EXPECT_TRUE(take(*made, 0, 7).empty());
}

INSTANTIATE_TEST_SUITE_P(bytes, lane_of_size, ::testing::Values(32, 64, 96),
                         [](const auto& one) { return std::to_string(one.param); });

TEST(lane, has_one_port_per_publisher_slot) {
    const auto made = lane_of(64);
    EXPECT_EQ(made->port_of(5), nullptr);
    auto* five = made->add_port(5);
    auto* nine = made->add_port(9);
    EXPECT_EQ(made->port_of(5), five);
    EXPECT_EQ(made->port_of(9), nine);
    EXPECT_EQ(made->port_of(1), nullptr);
}

TEST(lane, counts_what_nobody_took_yet) {
    const auto made = lane_of(64);
    auto* one = made->add_port(0);
    auto* two = made->add_port(1);
    EXPECT_FALSE(made->pending());
    ASSERT_TRUE(put(*made, *one, 1));
    ASSERT_TRUE(put(*made, *two, 2));
    EXPECT_EQ(made->backlog(), 2);
    EXPECT_EQ(take(*made, 1, 1).size(), 1U);
    EXPECT_EQ(made->backlog(), 1);
    EXPECT_EQ(take(*made, 2, 9).size(), 1U);
    EXPECT_FALSE(made->pending());
}

TEST(lane, gives_what_was_put_back_first_and_in_its_order) {
    const auto made = lane_of(64);
    auto* port = made->add_port(0);
    for (std::uint64_t ticket = 1; ticket <= 4; ++ticket) {
        ASSERT_TRUE(put(*made, *port, ticket));
    }
    alignas(slot_image) std::byte slots[4 * 64];
    ASSERT_EQ(made->take(0, slots, 3), 3U);
    ASSERT_TRUE(made->put_back(slots, 64, 3));
    ASSERT_EQ(made->take(0, slots, 1), 1U);
    ASSERT_TRUE(made->put_back(slots, 64, 1));  // before the two that wait there
    EXPECT_EQ(made->backlog(), 4);
    for (std::uint64_t ticket = 1; ticket <= 4; ++ticket) {
        ASSERT_EQ(made->take(0, slots, 1), 1U);
        slot_image image{};
        std::memcpy(&image, slots, 64);
        EXPECT_EQ(image.header.ticket, ticket);
    }
    EXPECT_FALSE(made->pending());
}

TEST(lane, takes_a_bulk_as_a_whole) {
    const auto made = lane_of(64);
    auto* port = made->add_port(0);
    alignas(slot_image) std::byte drafts[10 * 64];
    std::vector<slot_image> images;
    for (std::uint64_t ticket = 0; ticket < 10; ++ticket) {
        images.push_back(image_of(ticket));
    }
    for (std::size_t at = 0; at < 10; ++at) {
        made->write_draft(drafts + at * 64, images[at].header, images[at].payload);
    }
    ASSERT_TRUE(made->enqueue_bulk(*port, drafts, 10));
    EXPECT_EQ(made->backlog(), 10);
    std::vector<std::uint64_t> tickets;
    while (made->pending()) {
        for (const auto ticket : take(*made, 0, 4)) {
            tickets.push_back(ticket);
        }
    }
    EXPECT_EQ(tickets, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

TEST(lane, knows_from_its_credits_what_is_outstanding) {
    const auto made = lane_of(64, 100);
    auto* port = made->add_port(0);
    EXPECT_EQ(made->outstanding(), 0);
    ASSERT_EQ(made->credits.take(10, 0), 10);
    EXPECT_EQ(made->outstanding(), 10);
    ASSERT_TRUE(port->credits.add(4));  // cached, so not outstanding
    EXPECT_EQ(made->outstanding(), 6);
    made->credits.give(6);
    EXPECT_EQ(made->outstanding(), 0);
    EXPECT_EQ(made->take_cached_credits(), 4);
}

// FIFO per port, nothing lost, nothing twice, with several of both.
TEST(lane, keeps_the_order_of_each_publisher) {
    const auto made = lane_of(96);
    constexpr std::uint64_t publishers = 3;
    constexpr std::uint64_t each = 5000;
    rendezvous together(5);
    std::vector<std::thread> threads;
    for (std::uint64_t index = 0; index < publishers; ++index) {
        auto* port = made->add_port(static_cast<std::uint32_t>(index));
        threads.emplace_back([&, port, index] {
            EXPECT_TRUE(together.meet());
            for (std::uint64_t number = 1; number <= each; ++number) {
                EXPECT_TRUE(put(*made, *port, number * publishers + index));
            }
        });
    }
    std::vector<std::vector<std::uint64_t>> taken(2);
    std::atomic<std::uint64_t> total{0};
    for (std::uint32_t consumer = 0; consumer < 2; ++consumer) {
        threads.emplace_back([&, consumer] {
            EXPECT_TRUE(together.meet());
            while (total < publishers * each) {
                const auto batch = take(*made, consumer, 16);
                total += batch.size();
                taken[consumer].insert(taken[consumer].end(), batch.begin(), batch.end());
                if (batch.empty()) {
                    std::this_thread::yield();
                }
            }
        });
    }
    for (auto& one : threads) {
        one.join();
    }
    EXPECT_EQ(taken[0].size() + taken[1].size(), publishers * each);
    for (const auto& one : taken) {
        std::vector<std::uint64_t> last(publishers);
        for (const auto ticket : one) {
            auto& before = last[ticket % publishers];
            EXPECT_LT(before, ticket);
            before = ticket;
        }
    }
}

}  // namespace
