// SPDX-License-Identifier: MIT
#include "lane/lane.hpp"
#include <stentor/event/event_key.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

// A lane with an order as publishers and runners use it.

namespace {

using stentor::detail::key_reader;
using stentor::detail::lane;
using stentor::detail::lane_order;
using stentor::detail::lane_port;
using stentor::detail::make_lane;
using stentor::detail::slot_header;
using stentor::detail::slot_image;

std::unique_ptr<lane> lane_of(lane_order order, bool one_each = false) {
    return make_lane({.id = 3,
                      .slot_size = sizeof(slot_header),
                      .runners_max = 2,
                      .consumers = 3,
                      .capacity = 1000,
                      .order = order,
                      .one_each = one_each});
}

// The ticket is the event: its hundreds are the key.
bool put(lane& into, lane_port& port, std::uint64_t ticket) {
    slot_header header{};
    header.ticket = ticket;
    slot_image image{};
    return into.enqueue(port, header, image.payload);
}

class hundreds final : public key_reader {
public:
    void read_keys(lane& from, const std::byte* slots, std::size_t count,
                   std::uint64_t* keys) noexcept override {
        for (std::size_t at = 0; at < count; ++at) {
            slot_header header{};
            std::memcpy(&header, slots + at * from.slot_size(), sizeof header);
            keys[at] = header.ticket / 100;
        }
        ++calls;
    }
    int calls = 0;
};

struct batch {
    std::vector<std::uint64_t> tickets;
    std::vector<std::uint64_t> keys;
};

batch read(const std::byte* buffer, const std::uint64_t* keys, std::size_t count) {
    batch taken;
    for (std::size_t at = 0; at < count; ++at) {
        slot_header header{};
        std::memcpy(&header, buffer + at * sizeof(slot_header), sizeof header);
        taken.tickets.push_back(header.ticket);
        taken.keys.push_back(keys[at]);
    }
    return taken;
}

batch take(lane& from, key_reader& reader, std::size_t most) {
    alignas(slot_image) std::byte buffer[64 * sizeof(slot_header)];
    std::array<std::uint64_t, 64> keys{};
    const auto count = from.dequeue_in_order(reader, buffer, keys.data(), most);
    return read(buffer, keys.data(), count);
}

bool release(lane& to, const batch& done) {
    return to.release(done.keys.data(), done.keys.size());
}

using tickets = std::vector<std::uint64_t>;

TEST(ordered_lane, gives_a_serial_batch_whole_and_asks_for_no_key) {
    const auto made = lane_of(lane_order::serial);
    auto* port = made->add_port(0);
    hundreds reader;
    for (std::uint64_t ticket = 1; ticket <= 100; ++ticket) {
        ASSERT_TRUE(put(*made, *port, ticket));
    }
    EXPECT_EQ(made->backlog(), 100);
    std::uint64_t expected = 1;
    while (made->pending()) {
        const auto taken = take(*made, reader, 7);
        for (const auto ticket : taken.tickets) {
            EXPECT_EQ(ticket, expected++);
        }
        EXPECT_FALSE(release(*made, taken));
    }
    EXPECT_EQ(expected, 101U);
    EXPECT_EQ(reader.calls, 0);
}

TEST(ordered_lane, holds_back_what_comes_for_a_key_in_use) {
    const auto made = lane_of(lane_order::by_key);
    auto* port = made->add_port(0);
    hundreds reader;
    for (const std::uint64_t ticket : {101U, 201U, 102U, 202U, 301U}) {
        ASSERT_TRUE(put(*made, *port, ticket));
    }
    const auto first = take(*made, reader, 2);
    EXPECT_EQ(first.tickets, (tickets{101, 201}));
    const auto second = take(*made, reader, 10);
    EXPECT_EQ(second.tickets, (tickets{301}));
    EXPECT_FALSE(made->pending()) << "what waits for a key that is held is nobody's to take";
    EXPECT_TRUE(take(*made, reader, 10).tickets.empty());
    EXPECT_TRUE(made->release(first.keys.data(), 1));
    EXPECT_EQ(made->backlog(), 1);
    ASSERT_TRUE(put(*made, *port, 103));
    const auto third = take(*made, reader, 10);
    EXPECT_EQ(third.tickets, (tickets{102, 103})) << "first what waited, then the later one";
    EXPECT_TRUE(made->release(first.keys.data() + 1, 1));
    const auto fourth = take(*made, reader, 10);
    EXPECT_EQ(fourth.tickets, (tickets{202}));
    for (const auto* one : {&second, &third, &fourth}) {
        EXPECT_FALSE(release(*made, *one));
    }
    EXPECT_FALSE(made->pending());
}

TEST(ordered_lane, gives_one_entry_of_a_key_at_a_time_where_handlers_keep_keys) {
    const auto made = lane_of(lane_order::serial, true);
    auto* port = made->add_port(0);
    hundreds reader;
    for (std::uint64_t ticket = 1; ticket <= 5; ++ticket) {
        ASSERT_TRUE(put(*made, *port, ticket));
    }
    for (std::uint64_t ticket = 1; ticket <= 5; ++ticket) {
        const auto taken = take(*made, reader, 10);
        ASSERT_EQ(taken.tickets, (tickets{ticket}));
        EXPECT_FALSE(made->pending());
        EXPECT_EQ(release(*made, taken), ticket < 5);
    }
}

TEST(ordered_lane, hands_out_all_that_nobody_has_when_it_is_cancelled) {
    const auto made = lane_of(lane_order::by_key);
    auto* port = made->add_port(0);
    hundreds reader;
    for (const std::uint64_t ticket : {101U, 102U, 103U, 201U}) {
        ASSERT_TRUE(put(*made, *port, ticket));
    }
    const auto held = take(*made, reader, 1);
    EXPECT_EQ(take(*made, reader, 2).tickets, (tickets{201}));
    ASSERT_TRUE(put(*made, *port, 104));
    alignas(slot_image) std::byte buffer[64 * sizeof(slot_header)];
    std::array<std::uint64_t, 64> keys{};
    const auto count = made->dequeue_cancelled(0, buffer, keys.data(), 64);
    const auto rest = read(buffer, keys.data(), count);
    EXPECT_EQ(rest.tickets, (tickets{102, 103, 104}));
    EXPECT_EQ(rest.keys[0], stentor::detail::key_free);
    EXPECT_FALSE(release(*made, rest)) << "they hold nothing";
    const std::array<std::uint64_t, 2> last{1, 2};
    EXPECT_FALSE(made->release(last.data(), 2));
}

TEST(ordered_lane, uses_its_memory_again) {
    const auto made = lane_of(lane_order::serial);
    auto* port = made->add_port(0);
    hundreds reader;
    std::uint64_t next = 1;
    for (std::uint64_t ticket = 1; ticket <= 5000; ++ticket) {
        ASSERT_TRUE(put(*made, *port, ticket));
        if (ticket % 50 == 0) {
            while (made->pending()) {
                const auto taken = take(*made, reader, 64);
                for (const auto one : taken.tickets) {
                    EXPECT_EQ(one, next++);
                }
                EXPECT_FALSE(release(*made, taken));
            }
        }
    }
    EXPECT_EQ(next, 5001U);
}

TEST(ordered_lane, loses_nothing_between_publishers_and_a_runner) {
    const auto made = lane_of(lane_order::serial);
    constexpr std::uint64_t each = 20'000;
    constexpr std::uint32_t publishers = 2;
    std::vector<std::thread> threads;
    for (std::uint32_t index = 0; index < publishers; ++index) {
        threads.emplace_back([&, index] {
            auto* port = made->add_port(index);
            for (std::uint64_t number = 0; number < each; ++number) {
                EXPECT_TRUE(put(*made, *port, index * each + number));
            }
        });
    }
    hundreds reader;
    std::array<std::uint64_t, publishers> next{0, each};
    std::uint64_t seen = 0;
    while (seen < publishers * each) {
        const auto taken = take(*made, reader, 64);
        for (const auto ticket : taken.tickets) {
            EXPECT_EQ(ticket, next[ticket / each]++) << "each publisher's in its order";
        }
        seen += taken.tickets.size();
        EXPECT_FALSE(release(*made, taken));
        if (taken.tickets.empty()) {
            std::this_thread::yield();
        }
    }
    for (auto& one : threads) {
        one.join();
    }
    EXPECT_FALSE(made->pending());
}

}  // namespace
