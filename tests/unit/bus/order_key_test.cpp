// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include <stentor/stentor.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What a key can be, and what is refused when a subscription is made.

namespace {

using namespace stentor_test;

struct step {
    static constexpr std::string_view topic = "test.step";
    int number = 0;
};

class key : public bus_fixture {};

enum class colour : std::uint8_t { red, green };
struct place {
    int row = 0;
    bool operator==(const place&) const = default;
};

}  // namespace

template <>
struct std::hash<place> {
    std::size_t operator()(const place& it) const noexcept {
        return static_cast<std::size_t>(it.row);
    }
};

namespace {

struct rich {
    static constexpr std::string_view topic = "test.rich";
    int number = 0;
    static constexpr auto key = &rich::number;
    colour tint = colour::red;
    place where{};
    std::string text;
    [[nodiscard]] std::string_view short_text() const { return text; }
};
struct decoy {
    static constexpr std::string_view topic = "test.decoy";
    int key = 0;  // a member of that name means nothing
};

int key_of_rich(const rich& it) {
    return it.number;
}

TEST_F(key, takes_every_kind_of_key) {
    auto& bus = make_bus();
    tally calls;
    const auto count = [&](const rich&) { calls.add(); };
    const std::vector<stentor::order> orders = {
        stentor::by_key(&rich::number),
        stentor::by_key(&rich::tint),
        stentor::by_key(&rich::where),
        stentor::by_key(&rich::text),
        stentor::by_key(&rich::short_text),
        stentor::by_key(&key_of_rich),
        stentor::by_key([](const rich& it) { return it.number % 7; }),
        stentor::by_key<rich>([](const auto& it) { return it.text.size(); }),
        stentor::by_key(),
        stentor::by_key<stentor::any_event>(
            [](const stentor::any_event& it) { return it.topic(); }),
        stentor::order::serial,
        stentor::order::unordered,
    };
    std::vector<stentor::subscription> handlers;
    for (const auto& one : orders) {
        handlers.push_back(
            bus.subscribe<rich>("rich-" + std::to_string(handlers.size()), count, {.order = one}));
    }
    handlers.push_back(bus.subscribe(
        "pattern", stentor::pattern("test.*"), [&](const stentor::any_event&) { calls.add(); },
        {.order = stentor::by_key([](const stentor::any_event& it) { return it.topic(); })}));
    for (int number = 0; number < 10; ++number) {
        ASSERT_TRUE(bus.publish(rich{number, colour::green, {number}, std::to_string(number)}));
    }
    EXPECT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(calls.count(), static_cast<std::int64_t>(10 * handlers.size()));
}

TEST_F(key, of_another_events_key_is_refused) {
    auto& bus = make_bus();
    const auto other = bus.try_subscribe<step>("keyed", [](const step&) {},
                                               {.order = stentor::by_key(&rich::number)});
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code(), stentor::errc::type_mismatch);
    EXPECT_NE(other.error().message().find("test.rich"), std::string::npos);
    EXPECT_NE(other.error().message().find("test.step"), std::string::npos);
    const auto pattern =
        bus.try_subscribe("keyed", stentor::pattern("test.>"), [](const stentor::any_event&) {},
                          {.order = stentor::by_key(&rich::number)});
    ASSERT_FALSE(pattern);
    EXPECT_EQ(pattern.error().code(), stentor::errc::type_mismatch);
}

TEST_F(key, by_a_key_that_the_event_does_not_name_is_refused) {
    auto& bus = make_bus();
    const auto none =
        bus.try_subscribe<decoy>("keyed", [](const decoy&) {}, {.order = stentor::by_key()});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code(), stentor::errc::invalid_option);
    EXPECT_NE(none.error().message().find("static constexpr auto key"), std::string::npos);
    const auto pattern =
        bus.try_subscribe("keyed", stentor::pattern("test.>"), [](const stentor::any_event&) {},
                          {.order = stentor::by_key()});
    ASSERT_FALSE(pattern);
    EXPECT_EQ(pattern.error().code(), stentor::errc::invalid_option);
}

TEST_F(key, keeps_its_order_when_events_are_given_back) {
    auto& bus = make_bus();
    std::vector<int> seen;
    int calls = 0;
    auto handler = bus.subscribe<step>("serial",
                                       [&](const step& it) {
                                           if (++calls % 3 != 0) {
                                               return stentor::outcome::release();
                                           }
                                           seen.push_back(it.number);
                                           return stentor::outcome::done();
                                       },
                                       {.order = stentor::order::serial});
    for (int number = 0; number < 50; ++number) {
        ASSERT_TRUE(bus.publish(step{number}));
    }
    EXPECT_TRUE(bus.wait_idle(patience));
    ASSERT_EQ(seen.size(), 50U);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_F(key, gives_a_handler_of_spans_its_events_in_order) {
    auto& bus = make_bus();
    std::vector<int> seen;
    auto handler = bus.subscribe<step>("serial",
                                       [&](std::span<const step* const> steps) {
                                           for (const auto* one : steps) {
                                               seen.push_back(one->number);
                                           }
                                       },
                                       {.order = stentor::order::serial});
    for (int number = 0; number < 500; ++number) {
        ASSERT_TRUE(bus.publish(step{number}));
    }
    EXPECT_TRUE(bus.wait_idle(patience));
    ASSERT_EQ(seen.size(), 500U);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

}  // namespace
