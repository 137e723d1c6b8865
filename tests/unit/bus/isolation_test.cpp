// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/gate.hpp"
#include "support/recorder.hpp"
#include "support/throwers.hpp"
#include <stentor/stentor.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Nothing escapes a handler, and nobody else pays for it.

namespace {

using namespace stentor_test;
using ::testing::HasSubstr;

struct tick {
    static constexpr std::string_view topic = "test.tick";
    int number = 0;
};

struct unheard {
    static constexpr std::string_view topic = "test.unheard";
};

class whatever_is_thrown : public bus_fixture, public ::testing::WithParamInterface<thrower> {
protected:
    whatever_is_thrown() { expect_failures(); }
};

TEST_P(whatever_is_thrown, is_charged_to_its_delivery_alone) {
    auto& bus = make_bus();
    tally neighbour_calls;
    tally survivor_calls;
    const auto raise = GetParam().raise;
    auto plain = bus.subscribe<tick>("plain", [&](const tick& it) {
        if (it.number % 2 == 0) {
            raise();
        }
        survivor_calls.add();
    });
    auto contextual = bus.subscribe<tick>("contextual", [&](const tick& it, stentor::context&) {
        if (it.number % 2 == 0) {
            raise();
        }
        survivor_calls.add();
    });
    auto pattern =
        bus.subscribe("pattern", stentor::pattern(">"), [&](const stentor::any_event& event) {
            if (event.as<tick>()->number % 2 == 0) {
                raise();
            }
            survivor_calls.add();
        });
    auto neighbour = bus.subscribe<tick>("neighbour", [&](const tick&) { neighbour_calls.add(); });
    constexpr int count = 10;
    for (int number = 0; number < count; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    EXPECT_TRUE(neighbour_calls.await(count));
    EXPECT_TRUE(survivor_calls.await(3 * count / 2));
    ASSERT_TRUE(bus.wait_idle(patience));
    for (const auto& [name, terms] : bus.audit().subscriptions) {
        const bool throws = name != "neighbour";
        EXPECT_EQ(terms.failed, throws ? count / 2 : 0) << name;
        EXPECT_EQ(terms.completed, throws ? count / 2 : count) << name;
    }
    const auto errors = log().errors();
    EXPECT_EQ(errors.size(), std::size_t{3 * count / 2}) << "one record per failed delivery";
    for (const auto& one : errors) {
        EXPECT_THAT(one.error, HasSubstr(std::string(GetParam().says)));
        EXPECT_NE(one.subscription, "neighbour");
    }
}

INSTANTIATE_TEST_SUITE_P(by, whatever_is_thrown, ::testing::ValuesIn(throwers()),
                         [](const auto& one) { return std::string(one.param.name); });

class failure : public bus_fixture {
protected:
    failure() { expect_failures(); }
};

TEST_F(failure, is_recorded_with_its_context) {
    auto& bus = make_bus();
    const auto line = static_cast<std::uint32_t>(__LINE__);
    auto handler =
        bus.subscribe<tick>("mail", [](const tick&) { throw std::runtime_error("smtp is down"); });
    const auto result =
        bus.publish(tick{1}, {.correlation_id = "req-1", .user_id = "secret", .key = "o-17"});
    ASSERT_TRUE(bus.wait_idle(patience));
    const auto errors = log().errors();
    ASSERT_EQ(errors.size(), 1U);
    const auto& one = errors.front();
    EXPECT_EQ(one.subscription, "mail");
    EXPECT_THAT(one.file, HasSubstr("isolation_test.cpp"));
    EXPECT_GT(one.line, line);
    EXPECT_LT(one.line, line + 4);
    EXPECT_EQ(one.event_id, result.id());
    EXPECT_EQ(one.topic, "test.tick");
    EXPECT_EQ(one.key, "o-17");
    EXPECT_EQ(one.correlation_id, "req-1");
    EXPECT_EQ(one.attempt, 1);
    EXPECT_EQ(one.error, "smtp is down");
    EXPECT_EQ(one.suppressed, 0U);
    EXPECT_GE(one.duration.count(), 0);
    EXPECT_GE(one.queue_wait.count(), 0);
}

TEST_F(failure, within_a_batch_costs_only_its_event) {
    auto& bus = make_bus();
    gate door;
    recorder<int> done;
    auto handler = bus.subscribe<tick>("batch",
                                       [&](const tick& it) {
                                           if (it.number == 0) {
                                               door.pass();
                                           }
                                           if (it.number % 7 == 3) {
                                               throw it.number;
                                           }
                                           done.add(it.number);
                                       },
                                       {.max_concurrency = 1});
    const open_at_end opener(door);
    constexpr int count = 300;
    for (int number = 0; number < count; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    door.open();
    ASSERT_TRUE(bus.wait_idle(patience));
    std::vector<int> want;
    for (int number = 0; number < count; ++number) {
        if (number % 7 != 3) {
            want.push_back(number);
        }
    }
    EXPECT_EQ(done.all(), want);
    static_cast<void>(bus.drain());  // tells what was held back of the storm
    EXPECT_EQ(log().failures(), static_cast<std::uint64_t>(count) - want.size());
}

TEST_F(failure, of_a_handler_in_a_shared_lane_costs_the_others_nothing) {
    auto& bus = make_bus();
    tally calls;
    const stentor::subscription_options shared{.placement = stentor::placement::shared};
    auto first = bus.subscribe<tick>("first", [&](const tick&) { calls.add(); }, shared);
    auto throws = bus.subscribe<tick>("throws", [](const tick&) { throw 1; }, shared);
    auto last = bus.subscribe<tick>("last", [&](const tick&) { calls.add(); }, shared);
    constexpr int count = 500;
    for (int number = 0; number < count; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    EXPECT_TRUE(calls.await(2 * count));
    ASSERT_TRUE(bus.wait_idle(patience));
    for (const auto& [name, terms] : bus.audit().subscriptions) {
        EXPECT_EQ(terms.failed, name == "throws" ? count : 0) << name;
        EXPECT_EQ(terms.completed, name == "throws" ? 0 : count) << name;
    }
}

// The first ten a minute of each handler and error are told one by one, the rest as a count.
TEST_F(failure, storm_is_summarised_without_losing_count) {
    auto& bus = make_bus();
    auto same =
        bus.subscribe<tick>("same", [](const tick&) { throw std::runtime_error("disk full"); });
    auto rare = bus.subscribe<tick>("rare", [](const tick& it) {
        if (it.number == 500) {
            throw std::runtime_error("rare");
        }
    });
    constexpr int count = 1000;
    for (int number = 0; number < count; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_LE(log().errors().size(), 12U);
    static_cast<void>(bus.drain());  // tells what was held back
    int single = 0;
    std::uint64_t summed = 0;
    int rare_records = 0;
    for (const auto& one : log().errors()) {
        if (one.subscription == "rare") {
            ++rare_records;
        } else if (one.suppressed == 0) {
            ++single;
        } else {
            EXPECT_EQ(one.subscription, "same");
            EXPECT_EQ(one.error, "disk full");
            EXPECT_EQ(one.topic, "test.tick");
            summed += one.suppressed;
        }
    }
    EXPECT_EQ(single, 10);
    EXPECT_EQ(summed, std::uint64_t{count - 10});
    EXPECT_EQ(rare_records, 1) << "a storm hides nobody else's failure";
}

TEST_F(failure, of_ever_new_kinds_is_counted_too) {
    auto& bus = make_bus();
    auto handler = bus.subscribe<tick>("new", [](const tick& it) {
        throw std::runtime_error("kind " + std::to_string(it.number));
    });
    constexpr int count = 3000;
    for (int number = 0; number < count; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    ASSERT_TRUE(bus.wait_idle(patience));
    static_cast<void>(bus.drain());
    EXPECT_EQ(log().failures(), std::uint64_t{count});
}

TEST_F(failure, description_is_bounded) {
    auto& bus = make_bus();
    auto handler = bus.subscribe<tick>(
        "long", [](const tick&) { throw std::runtime_error(std::string(1 << 20, 'x')); });
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(bus.wait_idle(patience));
    ASSERT_EQ(log().errors().size(), 1U);
    EXPECT_LE(log().errors().front().error.size(), 1024U);
}

TEST_F(failure, of_the_log_itself_does_no_harm) {
    auto options = small_bus();
    options.log = {.on_error = [](const stentor::error_record&) { throw 1; },
                   .on_notice = [](const stentor::notice_record&) { throw 1; }};
    auto& bus = make_bus(std::move(options));
    tally calls;
    auto handler = bus.subscribe<tick>("throws", [&](const tick&) {
        calls.add();
        throw 1;
    });
    for (int number = 0; number < 50; ++number) {
        ASSERT_TRUE(bus.publish(tick{number}));
    }
    EXPECT_TRUE(calls.await(50));
    ASSERT_TRUE(bus.wait_idle(patience));
    EXPECT_EQ(bus.audit().subscriptions.front().second.failed, 50);
}

TEST_F(failure, of_a_publish_in_a_handler_is_a_status) {
    auto& bus = make_bus();
    recorder<stentor::publish_status> answers;
    auto handler = bus.subscribe<tick>("any", [&](const tick&, stentor::context& ctx) {
        answers.add(ctx.publish(unheard{}).status());
        throw 1;
    });
    ASSERT_TRUE(bus.publish(tick{1}));
    ASSERT_TRUE(answers.await(1));
    EXPECT_EQ(answers.all().front(), stentor::publish_status::no_subscribers);
}

// The default sink: one JSON object a line on standard error, nothing on standard output.
TEST(default_log, writes_one_json_object_a_line_to_standard_error) {
    ::testing::internal::CaptureStderr();
    ::testing::internal::CaptureStdout();
    {
        stentor::bus bus(small_bus());
        auto handler = bus.subscribe<tick>(
            "mail", [](const tick&) { throw std::runtime_error("a \"quoted\"\nsecond line\x01"); });
        bus.publish(tick{1}, {.correlation_id = "c-1", .key = "k-1"});
        static_cast<void>(bus.wait_idle(patience));
    }
    const auto err = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
    EXPECT_THAT(err, HasSubstr(R"("subscription":"mail")"));
    EXPECT_THAT(err, HasSubstr(R"("topic":"test.tick")"));
    EXPECT_THAT(err, HasSubstr(R"("key":"k-1")"));
    EXPECT_THAT(err, HasSubstr(R"("correlation_id":"c-1")"));
    EXPECT_THAT(err, HasSubstr(R"(a \"quoted\"\u000asecond line\u0001)"));
    const auto line = err.substr(err.find("{\"level\":\"error\""));
    EXPECT_EQ(line.find('\n'), line.size() - 1) << "one line: " << line;
    EXPECT_EQ(line[line.size() - 2], '}');
}

}  // namespace
