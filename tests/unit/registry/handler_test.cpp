// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/counted.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Whatever can be called with an event is a handler.

namespace {

using namespace stentor_test;
using ::testing::HasSubstr;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};

std::atomic<int> free_function_calls{0};
void free_function(const tick& it) {
    free_function_calls.fetch_add(it.number);
}
void free_function_with_context(const tick& it, stentor::context& ctx) {
    free_function_calls.fetch_add(ctx.topic() == "test.tick" ? it.number : 0);
}

struct function_object {
    tally* calls;
    void operator()(const tick&) const { calls->add(); }
};

struct both_forms {
    tally* with;
    tally* without;
    void operator()(const tick&) const { without->add(); }
    void operator()(const tick&, stentor::context&) const { with->add(); }
};

class handler : public bus_fixture {};

TEST_F(handler, may_be_a_function) {
    auto& bus = make_bus();
    auto one = bus.subscribe<tick>("one", free_function);
    auto two = bus.subscribe<tick>("two", &free_function_with_context);
    ASSERT_TRUE(bus.publish(tick{5}));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(free_function_calls, 10);
}

TEST_F(handler, may_be_a_function_object) {
    auto& bus = make_bus();
    tally calls;
    const function_object object{&calls};
    auto one = bus.subscribe<tick>("one", object);
    auto two = bus.subscribe<tick>("two", function_object{&calls});
    auto three = bus.subscribe<tick>("three", std::ref(object));
    ASSERT_TRUE(bus.publish(tick{}));
    EXPECT_TRUE(calls.await(3));
}

TEST_F(handler, may_be_a_std_function) {
    auto& bus = make_bus();
    tally calls;
    const std::function<void(const tick&)> function = [&](const tick&) { calls.add(); };
    const std::function<void(const tick&, stentor::context&)> with_context =
        [&](const tick&, stentor::context&) { calls.add(); };
    auto one = bus.subscribe<tick>("one", function);
    auto two = bus.subscribe<tick>("two", with_context);
    ASSERT_TRUE(bus.publish(tick{}));
    EXPECT_TRUE(calls.await(2));
}

TEST_F(handler, may_hold_what_only_moves) {
    auto& bus = make_bus();
    recorder<int> seen;
    auto one = bus.subscribe<tick>(
        "one", [&, own = std::make_unique<int>(7)](const tick& it) { seen.add(*own + it.number); });
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(seen.await(1));
    EXPECT_EQ(seen.all().front(), 8);
}

TEST_F(handler, may_have_large_captures) {
    auto& bus = make_bus();
    tally sum;
    std::array<int, 1000> many;
    many.fill(1);
    auto one = bus.subscribe<tick>("one", [&sum, many](const tick&) {
        for (const int value : many) {
            sum.add(value);
        }
    });
    ASSERT_TRUE(bus.publish(tick{}));
    EXPECT_TRUE(sum.await(1000));
}

TEST_F(handler, may_change_its_own_state) {
    auto& bus = make_bus();
    recorder<int> seen;
    auto one = bus.subscribe<tick>(
        "one", [&, count = 0](const tick&) mutable { seen.add(++count); }, {.max_concurrency = 1});
    for (int turn = 0; turn < 3; ++turn) {
        ASSERT_TRUE(bus.publish(tick{}));
    }
    ASSERT_TRUE(seen.await(3));
    EXPECT_EQ(seen.all(), (std::vector<int>{1, 2, 3})) << "it is one object, not a copy per call";
}

TEST_F(handler, with_both_forms_gets_the_context) {
    auto& bus = make_bus();
    tally with;
    tally without;
    auto one = bus.subscribe<tick>("one", both_forms{&with, &without});
    ASSERT_TRUE(bus.publish(tick{}));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(with.count(), 1);
    EXPECT_EQ(without.count(), 0);
}

TEST_F(handler, is_never_copied_by_the_engine) {
    ledger book;
    auto& bus = make_bus();
    {
        auto one = bus.subscribe<tick>("one", [held = counted(book)](const tick&) {});
        EXPECT_EQ(book.copied, 0);
        EXPECT_EQ(book.alive(), 1);
        ASSERT_TRUE(bus.publish(tick{}));
        ASSERT_TRUE(bus.wait_idle(patience));
    }
    EXPECT_EQ(book.copied, 0);
    EXPECT_EQ(book.alive(), 0);
}

TEST_F(handler, that_is_empty_is_refused) {
    auto& bus = make_bus();
    const auto function = bus.try_subscribe<tick>("function", std::function<void(const tick&)>());
    ASSERT_FALSE(function) << "an empty std::function would throw at every event";
    EXPECT_EQ(function.error().code(), stentor::errc::invalid_option);
    EXPECT_THAT(function.error().message(), HasSubstr("empty"));
    void (*null)(const tick&) = nullptr;
    const auto pointer = bus.try_subscribe<tick>("pointer", null);
    ASSERT_FALSE(pointer) << "a null pointer would end the process at the first event";
    EXPECT_EQ(pointer.error().code(), stentor::errc::invalid_option);
    const auto any = bus.try_subscribe("any", stentor::pattern(">"),
                                       std::function<void(const stentor::any_event&)>());
    EXPECT_FALSE(any);
}

}  // namespace
