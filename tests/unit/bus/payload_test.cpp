// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// Events of every shape arrive whole, and each object's destructor runs exactly once.

namespace {

using namespace stentor_test;

template <std::size_t Size>
struct bytes {
    static constexpr std::string_view topic = "test.bytes";
    std::array<std::uint8_t, Size> data;

    static bytes numbered() {
        bytes made;
        std::iota(made.data.begin(), made.data.end(), std::uint8_t{3});
        return made;
    }
    friend bool operator==(const bytes&, const bytes&) = default;
};

struct text {
    static constexpr std::string_view topic = "test.text";
    std::string value;
};

struct unique {
    static constexpr std::string_view topic = "test.unique";
    std::unique_ptr<int> value;
};

template <std::size_t Alignment, std::size_t Size>
struct alignas(Alignment) aligned {
    static constexpr std::string_view topic = "test.aligned";
    std::array<std::uint8_t, Size> data{};
};

struct empty {
    static constexpr std::string_view topic = "test.empty";
};

struct kept {
    static constexpr std::string_view topic = "test.kept";
    counted life;
    int number = 0;
};

// Publishes when it is destroyed.
struct parting {
    static constexpr std::string_view topic = "test.parting";
    explicit parting(stentor::bus& to) : to_(&to) {}
    parting(parting&& other) noexcept : to_(std::exchange(other.to_, nullptr)) {}
    ~parting() {
        if (to_ != nullptr) {
            to_->publish(empty{});
        }
    }
    stentor::bus* to_;
};

template <class Event>
class payload_of_size : public bus_fixture {};

using sizes = ::testing::Types<bytes<1>, bytes<8>, bytes<32>, bytes<33>, bytes<64>, bytes<65>,
                               bytes<std::size_t{1} << 20>>;
TYPED_TEST_SUITE(payload_of_size, sizes);

TYPED_TEST(payload_of_size, arrives_whole) {
    stentor::bus& bus = this->make_bus();
    recorder<bool> same;
    const auto sample = std::make_unique<TypeParam>(TypeParam::numbered());
    auto typed = bus.subscribe<TypeParam>(
        "typed", [&](const TypeParam& event) { same.add(event == *sample); });
    auto untyped =
        bus.subscribe("untyped", stentor::pattern("test.>"), [&](const stentor::any_event& event) {
            const auto* seen = stentor::get_if<TypeParam>(event);
            same.add(seen != nullptr && *seen == *sample);
        });
    constexpr int count = 5;
    for (int turn = 0; turn < count; ++turn) {
        EXPECT_EQ(bus.publish(*sample).status(), stentor::publish_status::accepted);
    }
    ASSERT_TRUE(same.await(2 * count));
    for (const bool one : same.all()) {
        EXPECT_TRUE(one);
    }
}

template <class Event>
class payload_of_alignment : public bus_fixture {};

using alignments =
    ::testing::Types<aligned<16, 16>, aligned<32, 32>, aligned<64, 64>, aligned<128, 128>,
                     aligned<4096, 4096>, aligned<256, std::size_t{1} << 20>>;
TYPED_TEST_SUITE(payload_of_alignment, alignments);

TYPED_TEST(payload_of_alignment, lies_where_its_type_wants) {
    stentor::bus& bus = this->make_bus();
    tally right;
    auto handler = bus.subscribe<TypeParam>("aligned", [&](const TypeParam& event) {
        const bool fits = reinterpret_cast<std::uintptr_t>(&event) % alignof(TypeParam) == 0;
        const bool whole = event.data.front() == 1 && event.data.back() == 2;
        right.add(fits && whole ? 1 : 0);
    });
    auto event = std::make_unique<TypeParam>();
    event->data.front() = 1;
    event->data.back() = 2;
    constexpr int count = 20;
    for (int turn = 0; turn < count; ++turn) {
        ASSERT_EQ(
            bus.publish(*event, {.user_id = "with metadata, so that nothing lines up"}).status(),
            stentor::publish_status::accepted);
    }
    EXPECT_TRUE(right.await(count));
}

class payload : public bus_fixture {};

TEST_F(payload, of_an_empty_type_is_still_an_event) {
    auto& bus = make_bus();
    tally calls;
    auto handler = bus.subscribe<empty>("empty", [&](const empty&) { calls.add(); });
    EXPECT_TRUE(bus.publish(empty{}));
    EXPECT_TRUE(calls.await(1));
}

TEST_F(payload, of_text_is_moved_in_and_read_by_all) {
    auto& bus = make_bus();
    recorder<std::string> seen;
    auto one = bus.subscribe<text>("one", [&](const text& event) { seen.add(event.value); });
    auto two = bus.subscribe<text>("two", [&](const text& event) { seen.add(event.value); });
    const std::string large(10'000, 'x');
    text event{large};
    EXPECT_TRUE(bus.publish(std::move(event)));
    ASSERT_TRUE(seen.await(2));
    EXPECT_EQ(seen.all(), (std::vector<std::string>{large, large}));
}

TEST_F(payload, that_only_moves_is_an_event_too) {
    auto& bus = make_bus();
    recorder<int> seen;
    auto one = bus.subscribe<unique>("one", [&](const unique& event) { seen.add(*event.value); });
    auto two = bus.subscribe<unique>("two", [&](const unique& event) { seen.add(*event.value); });
    EXPECT_TRUE(bus.publish(unique{std::make_unique<int>(7)}));
    ASSERT_TRUE(seen.await(2));
    EXPECT_EQ(seen.all(), (std::vector<int>{7, 7}));
}

TEST_F(payload, of_an_lvalue_is_copied_and_stays_the_publishers) {
    auto& bus = make_bus();
    ledger book;
    tally calls;
    auto handler = bus.subscribe<kept>("kept", [&](const kept&) { calls.add(); });
    kept mine{counted(book), 1};
    EXPECT_TRUE(bus.publish(mine));
    EXPECT_TRUE(mine.life.full());
    EXPECT_EQ(book.copied, 1);
    EXPECT_TRUE(calls.await(1));
    EXPECT_TRUE(bus.wait_idle(patience));  // events go after their calls, and before the book
}

TEST_F(payload, of_an_rvalue_is_never_copied) {
    auto& bus = make_bus();
    ledger book;
    tally calls;
    auto one = bus.subscribe<kept>("one", [&](const kept&) { calls.add(); });
    auto two = bus.subscribe<kept>("two", [&](const kept&) { calls.add(); });
    EXPECT_TRUE(bus.publish(kept{counted(book), 1}));
    EXPECT_TRUE(calls.await(2));
    EXPECT_EQ(book.copied, 0);
    EXPECT_TRUE(bus.wait_idle(patience));
}

TEST_F(payload, is_destroyed_exactly_once) {
    ledger book;
    constexpr int count = 1000;
    {
        auto& bus = make_bus();
        tally calls;
        auto one = bus.subscribe<kept>("one", [&](const kept&) { calls.add(); });
        auto two = bus.subscribe<kept>("two", [&](const kept&) { calls.add(); });
        auto three = bus.subscribe("three", stentor::pattern("test.*"),
                                   [&](const stentor::any_event&) { calls.add(); });
        for (int number = 0; number < count; ++number) {
            ASSERT_TRUE(bus.publish(kept{counted(book), number}));
        }
        ASSERT_TRUE(calls.await(3 * count));
        EXPECT_TRUE(bus.wait_idle(patience));
    }
    EXPECT_EQ(book.alive(), 0);
    EXPECT_EQ(book.destroyed_full, count);
}

TEST_F(payload, of_a_cancelled_delivery_is_destroyed_too) {
    ledger book;
    gate door;
    auto& bus = make_bus();
    auto handler =
        bus.subscribe<kept>("kept", [&](const kept&) { door.pass(); }, {.max_concurrency = 1});
    const open_at_end opener(door);
    constexpr int count = 100;
    for (int number = 0; number < count; ++number) {
        ASSERT_TRUE(bus.publish(kept{counted(book), number}));
    }
    ASSERT_TRUE(door.await_waiting(1));
    door.open();
    handler.unsubscribe();
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(book.alive(), 0);
    EXPECT_EQ(book.destroyed_full, count);
}

TEST_F(payload, of_a_refused_publish_stays_untouched) {
    ledger book;
    gate door;
    auto& bus = make_bus();
    auto handler = bus.subscribe<kept>("kept", [&](const kept&) { door.pass(); }, {.capacity = 1});
    const open_at_end opener(door);
    ASSERT_TRUE(bus.publish(kept{counted(book), 0}));

    kept refused{counted(book), 1};
    const auto made_before = book.made.load();
    EXPECT_EQ(bus.publish(std::move(refused)).status(), stentor::publish_status::rejected_full);
    EXPECT_TRUE(refused.life.full());
    EXPECT_EQ(book.made, made_before) << "not even moved to and fro";

    EXPECT_EQ(
        bus.publish(std::move(refused), {.headers = std::vector<stentor::header>(33)}).status(),
        stentor::publish_status::rejected_full);
    EXPECT_TRUE(refused.life.full());
    door.open();
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(
        bus.publish(std::move(refused), {.headers = std::vector<stentor::header>(33)}).status(),
        stentor::publish_status::rejected_invalid);
    EXPECT_TRUE(refused.life.full());
    EXPECT_TRUE(bus.publish(std::move(refused)));
    EXPECT_FALSE(refused.life.full());
    EXPECT_TRUE(bus.wait_idle(patience));
}

TEST_F(payload, without_subscribers_stays_untouched) {
    ledger book;
    auto& bus = make_bus();
    kept unwanted{counted(book), 1};
    EXPECT_EQ(bus.publish(std::move(unwanted)).status(), stentor::publish_status::no_subscribers);
    EXPECT_TRUE(unwanted.life.full());
    EXPECT_EQ(book.made, 1);
}

TEST_F(payload, may_publish_when_it_is_destroyed) {
    auto& bus = make_bus();
    tally partings;
    tally echoes;
    auto one = bus.subscribe<parting>("one", [&](const parting&) { partings.add(); });
    auto two = bus.subscribe<parting>("two", [&](const parting&) { partings.add(); });
    auto echo = bus.subscribe<empty>("echo", [&](const empty&) { echoes.add(); });
    constexpr int count = 200;
    for (int turn = 0; turn < count; ++turn) {
        ASSERT_TRUE(bus.publish(parting(bus)));
    }
    EXPECT_TRUE(partings.await(2 * count));
    EXPECT_TRUE(echoes.await(count));
}

}  // namespace
