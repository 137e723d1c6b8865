// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/recorder.hpp"
#include "unit/validation/validated.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

// Rules that only warn.

namespace {

using namespace stentor_test;
using namespace std::chrono_literals;
using stentor::validation_mode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct warned {
    std::string topic;
    std::vector<std::string> codes;
    std::uint64_t count;
    std::uint64_t suppressed;
};

class warning : public bus_fixture {
protected:
    [[nodiscard]] stentor::bus_options listening() {
        auto options = small_bus();
        options.clock = &clock_;
        options.log = log().sink();
        options.log.on_invalid = [this](const stentor::invalid_record& record) {
            std::vector<std::string> codes;
            for (const auto& one : record.violations) {
                codes.push_back(one.code);
            }
            said_.add(
                {std::string(record.topic), std::move(codes), record.count, record.suppressed});
        };
        return options;
    }
    recorder<warned> said_;
};

TEST_F(warning, publishes_the_event_and_says_one_record) {
    auto& bus = make_bus(listening());
    recorder<std::string> seen;
    const auto listener =
        bus.subscribe<note>("listener", [&](const note& one) { seen.add(one.text); });
    const auto rule = bus.validate<note>(
        [](const note&, stentor::violations& found) { found.add("", "mine", ""); },
        {.mode = validation_mode::warn, .declared = validation_mode::warn});
    stentor::violations found;
    EXPECT_TRUE(bus.publish(note{"far too long"}, {.violations = &found}));
    EXPECT_TRUE(found.empty());
    ASSERT_TRUE(bus.wait_idle());
    EXPECT_THAT(seen.all(), ElementsAre("far too long"));
    ASSERT_EQ(said_.size(), 1U);
    EXPECT_EQ(said_.all()[0].topic, "test.note");
    EXPECT_THAT(said_.all()[0].codes, ElementsAre("too_long", "mine"));
    EXPECT_EQ(said_.all()[0].count, 2U);
    EXPECT_EQ(bus.snapshot().invalid_published, 1U);
    EXPECT_EQ(bus.audit().publishes.rejected_invalid, 0);
    EXPECT_THAT(stentor::prometheus_text(bus.snapshot()),
                HasSubstr("stentor_invalid_published_total 1\n"));
}

TEST_F(warning, is_not_said_of_an_event_that_is_refused) {
    auto& bus = make_bus(listening());
    const auto rule = bus.validate<note>(
        [](const note&, stentor::violations& found) { found.add("", "mine", ""); },
        {.mode = validation_mode::warn});
    stentor::violations found;
    EXPECT_FALSE(bus.publish(note{}, {.violations = &found}));
    EXPECT_THAT(codes_of(found), ElementsAre("required"));
    EXPECT_EQ(said_.size(), 0U);
    EXPECT_EQ(bus.snapshot().invalid_published, 0U);
}

TEST_F(warning, of_a_storm_is_summarised) {
    auto& bus = make_bus(listening());
    const auto rule = bus.validate(stentor::pattern("test.>"), {.declared = validation_mode::warn});
    for (int each = 0; each < 25; ++each) {
        EXPECT_TRUE(bus.publish(tick{-1}));
    }
    EXPECT_EQ(said_.size(), 10U);
    EXPECT_TRUE(bus.publish(note{}));  // another kind
    EXPECT_EQ(said_.size(), 11U);
    clock_.advance(61s);
    EXPECT_TRUE(bus.publish(tick{-1}));
    bus.drain();
    std::uint64_t suppressed = 0;
    for (const auto& one : said_.all()) {
        suppressed += one.suppressed;
    }
    EXPECT_EQ(suppressed, 15U);
    EXPECT_EQ(said_.size(), 13U);
    EXPECT_EQ(bus.snapshot().invalid_published, 27U);
}

TEST_F(warning, of_a_validator_that_throws_publishes_the_event) {
    auto& bus = make_bus(listening());
    const auto rule = bus.validate<plain>([](const plain&, stentor::violations&) { throw 42; },
                                          {.mode = validation_mode::warn});
    EXPECT_TRUE(bus.publish(plain{}));
    ASSERT_EQ(said_.size(), 1U);
    EXPECT_THAT(said_.all()[0].codes, ElementsAre("validator_threw"));
    EXPECT_EQ(bus.snapshot().validators_threw, 1U);
}

TEST_F(warning, survives_a_sink_that_throws) {
    auto options = listening();
    options.log.on_invalid = [](const stentor::invalid_record&) { throw std::runtime_error(""); };
    auto& bus = make_bus(std::move(options));
    const auto rule = bus.validate<tick>({.declared = validation_mode::warn});
    EXPECT_TRUE(bus.publish(tick{-1}));
}

TEST_F(warning, is_a_line_on_standard_error_by_default) {
    auto options = small_bus();
    options.log.on_error = [](const stentor::error_record&) {};
    auto& bus = make_bus(std::move(options));
    const auto rule = bus.validate<tick>({.declared = validation_mode::warn});
    ::testing::internal::CaptureStderr();
    EXPECT_TRUE(bus.publish(tick{-1}));
    EXPECT_EQ(::testing::internal::GetCapturedStderr(),
              "{\"level\":\"warning\",\"event\":\"event_invalid\",\"topic\":\"test.tick\","
              "\"path\":\"number\",\"code\":\"negative\",\"message\":\"ticks count from 0\","
              "\"violations\":1}\n");
}

}  // namespace
