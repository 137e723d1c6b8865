// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include "support/terms.hpp"
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

// Handlers that take consecutive events in one call.

namespace {

using namespace std::chrono_literals;
using namespace stentor_test;
using ::testing::ElementsAre;

struct row {
    static constexpr std::string_view topic = "test.row";
    int number = 0;
};
struct page {
    static constexpr std::string_view topic = "test.page";
    std::string text;
};
using rows = std::span<const row* const>;

class span_handler : public bus_fixture {
protected:
    stentor::bus& make_manual_bus() {
        stepper_ = std::make_shared<stentor::manual_executor>(3);
        auto options = small_bus();
        options.executor = stepper_;
        options.clock = &clock_;
        return make_bus(std::move(options));
    }
    std::shared_ptr<stentor::manual_executor> stepper_;
};

TEST_F(span_handler, gets_consecutive_events_in_one_call) {
    auto& bus = make_manual_bus();
    std::vector<std::size_t> sizes;
    std::vector<int> seen;
    auto table = bus.subscribe<row>("table", [&](rows batch) {
        sizes.push_back(batch.size());
        for (const auto* one : batch) {
            seen.push_back(one->number);
        }
    });
    for (int number = 0; number < 5; ++number) {
        ASSERT_TRUE(bus.publish(row{number}));
    }
    stepper_->run_until_idle();
    EXPECT_THAT(sizes, ElementsAre(5));
    EXPECT_THAT(seen, ElementsAre(0, 1, 2, 3, 4));
    EXPECT_EQ(terms_of(bus, "table").completed, 5);
}

TEST_F(span_handler, gets_at_most_128_events_at_once) {
    auto& bus = make_manual_bus();
    std::vector<std::size_t> sizes;
    auto table = bus.subscribe<row>("table", [&](rows batch) { sizes.push_back(batch.size()); });
    for (int number = 0; number < 300; ++number) {
        ASSERT_TRUE(bus.publish(row{number}));
    }
    stepper_->run_until_idle();
    EXPECT_THAT(sizes, ElementsAre(128, 128, 44));
    EXPECT_EQ(terms_of(bus, "table").completed, 300);
}

TEST_F(span_handler, that_is_slow_still_gets_batches) {
    auto& bus = make_bus();
    gate door;
    recorder<std::size_t> sizes;
    auto table = bus.subscribe<row>("table",
                                    [&](rows batch) {
                                        door.pass();
                                        std::this_thread::sleep_for(1ms);
                                        sizes.add(batch.size());
                                    },
                                    {.max_concurrency = 1});
    const open_at_end opened(door);
    ASSERT_TRUE(bus.publish(row{}));
    ASSERT_TRUE(door.await_waiting(1));
    for (int number = 1; number <= 1280; ++number) {
        ASSERT_TRUE(bus.publish(row{number}));
    }
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_LE(sizes.size(), 12U) << "one call for the first event, then ten for the others";
    EXPECT_EQ(terms_of(bus, "table").completed, 1281);
}

TEST_F(span_handler, may_take_the_context_of_the_first_event) {
    auto& bus = make_manual_bus();
    std::vector<std::string> seen;
    auto table = bus.subscribe<row>("table", [&](rows batch, stentor::context& ctx) {
        EXPECT_EQ(batch.size(), 2U);
        seen.emplace_back(ctx.metadata().correlation_id);
        seen.emplace_back(ctx.topic());
        seen.emplace_back(ctx.subscription());
    });
    ASSERT_TRUE(bus.publish(row{1}, {.correlation_id = "first"}));
    ASSERT_TRUE(bus.publish(row{2}, {.correlation_id = "second"}));
    stepper_->run_until_idle();
    EXPECT_THAT(seen, ElementsAre("first", "test.row", "table"));
}

TEST_F(span_handler, gets_events_that_do_not_fit_a_slot) {
    auto& bus = make_manual_bus();
    std::string all;
    auto book = bus.subscribe<page>("book", [&](std::span<const page* const> batch) {
        for (const auto* one : batch) {
            all += one->text;
        }
    });
    ASSERT_TRUE(bus.publish(page{std::string(100, 'a')}));
    ASSERT_TRUE(bus.publish(page{std::string(100, 'b')}));
    stepper_->run_until_idle();
    EXPECT_EQ(all, std::string(100, 'a') + std::string(100, 'b'));
}

TEST_F(span_handler, of_a_pattern_gets_views) {
    auto& bus = make_manual_bus();
    std::vector<std::string> topics;
    auto all = bus.subscribe("all", stentor::pattern("test.>"),
                             [&](std::span<const stentor::any_event* const> batch) {
                                 for (const auto* one : batch) {
                                     topics.emplace_back(one->topic());
                                 }
                             });
    ASSERT_TRUE(bus.publish(row{1}));
    ASSERT_TRUE(bus.publish(page{"text"}));
    stepper_->run_until_idle();
    EXPECT_THAT(topics, ElementsAre("test.row", "test.page"));
}

TEST_F(span_handler, does_not_see_events_that_expired) {
    auto& bus = make_manual_bus();
    std::vector<int> seen;
    auto table = bus.subscribe<row>("table", [&](rows batch) {
        for (const auto* one : batch) {
            seen.push_back(one->number);
        }
    });
    const auto soon = std::chrono::system_clock::time_point(
        std::chrono::nanoseconds(clock_.system_ns() + 1'000'000));
    ASSERT_TRUE(bus.publish(row{1}));
    ASSERT_TRUE(bus.publish(row{2}, {.expires_at = soon}));
    ASSERT_TRUE(bus.publish(row{3}));
    clock_.advance(2ms);
    stepper_->run_until_idle();
    EXPECT_THAT(seen, ElementsAre(1, 3));
    EXPECT_EQ(terms_of(bus, "table").expired, 1);
    EXPECT_EQ(terms_of(bus, "table").completed, 2);
}

TEST_F(span_handler, may_answer_for_all_of_its_events) {
    auto& bus = make_manual_bus();
    bool once = true;
    std::vector<std::size_t> sizes;
    auto table = bus.subscribe<row>("table", [&](rows batch) {
        sizes.push_back(batch.size());
        return std::exchange(once, false) ? stentor::outcome::release()
                                          : stentor::outcome::ignore();
    });
    for (int number = 0; number < 3; ++number) {
        ASSERT_TRUE(bus.publish(row{number}));
    }
    stepper_->run_until_idle();
    EXPECT_THAT(sizes, ElementsAre(3, 3));
    EXPECT_EQ(terms_of(bus, "table").completed, 3);
    EXPECT_EQ(bus.snapshot().subscriptions.front().ignored, 3);
    EXPECT_EQ(bus.snapshot().subscriptions.front().released, 3);
}

TEST_F(span_handler, records_its_metrics_per_delivery) {
    auto& bus = make_manual_bus();
    auto table = bus.subscribe<row>("table", [&](rows) { clock_.advance(10us); });
    for (int number = 0; number < 7; ++number) {
        ASSERT_TRUE(bus.publish(row{number}));
    }
    stepper_->run_until_idle();
    EXPECT_EQ(bus.snapshot().subscriptions.front().service.count, 7U);
}

TEST_F(span_handler, ends_between_batches_when_it_is_unsubscribed) {
    auto& bus = make_bus();
    gate door;
    tally events;
    auto table = bus.subscribe<row>("table",
                                    [&](rows batch) {
                                        events.add(static_cast<std::int64_t>(batch.size()));
                                        door.pass();
                                    },
                                    {.max_concurrency = 1});
    const open_at_end opened(door);
    for (int number = 0; number < 1000; ++number) {
        ASSERT_TRUE(bus.publish(row{number}));
    }
    ASSERT_TRUE(door.await_waiting(1));
    door.open();
    EXPECT_EQ(table.unsubscribe(), stentor::unsubscribe_result::done);
    const auto seen = events.count();
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(events.count(), seen);
}

TEST_F(span_handler, does_not_go_with_a_shared_lane) {
    auto& bus = make_bus();
    const auto made =
        bus.try_subscribe<row>("table", [](rows) {}, {.placement = stentor::placement::shared});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), stentor::errc::unsupported_combination);
}

#if defined(__cpp_exceptions)
TEST_F(span_handler, that_throws_fails_the_whole_span_with_one_record) {
    expect_failures();
    auto& bus = make_manual_bus();
    bool bad = true;
    auto table = bus.subscribe<row>("table", [&](rows) {
        if (std::exchange(bad, false)) {
            throw std::runtime_error("no table");
        }
    });
    for (int number = 0; number < 200; ++number) {
        ASSERT_TRUE(bus.publish(row{number}));
    }
    stepper_->run_until_idle();
    EXPECT_EQ(terms_of(bus, "table").failed, 128);
    EXPECT_EQ(terms_of(bus, "table").completed, 72);
    ASSERT_EQ(log().errors().size(), 1U);
    EXPECT_EQ(log().errors().front().error, "no table");
    EXPECT_EQ(log().errors().front().deliveries, 128U);
}
#endif

}  // namespace
