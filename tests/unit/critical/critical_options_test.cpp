// SPDX-License-Identifier: MIT
#include "unit/critical/critical.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>

// What a critical subscription needs, and what is said where it is missing.

namespace {

using namespace stentor_test;
using stentor::errc;
using ::testing::HasSubstr;

class critical_options : public bus_fixture {
protected:
    [[nodiscard]] static stentor::error refusal(stentor::bus& bus,
                                                stentor::subscription_options options) {
        options.critical = true;
        auto made = bus.try_subscribe<bill>("refused", [](const bill&) {}, std::move(options));
        EXPECT_FALSE(made);
        return made ? stentor::error(errc::busy, "") : made.error();
    }
};

TEST_F(critical_options, need_a_file) {
    auto& bus = make_bus();
    bus.dead_letters().use_codec(stentor::json_letters<bill>());
    const auto why = refusal(bus, {});
    EXPECT_EQ(why.code(), errc::invalid_option);
    EXPECT_THAT(why.message(), HasSubstr("emergency_file"));
}

TEST_F(critical_options, need_a_codec_for_a_type) {
    const file_name file;
    auto& bus = make_bus(with_file(file.get()));
    const auto why = refusal(bus, {});
    EXPECT_EQ(why.code(), errc::invalid_option);
    EXPECT_THAT(why.message(), HasSubstr("use_codec"));
    bus.dead_letters().use_codec(stentor::json_letters<bill>());
    auto made = bus.subscribe<bill>("made", [](const bill&) {}, {.critical = true});
    auto raw = bus.subscribe("raw", stentor::pattern("raw.>"), [](const stentor::any_event&) {},
                             {.critical = true});
}

TEST_F(critical_options, go_with_nothing_that_loses_events) {
    const file_name file;
    auto& bus = make_bus(with_file(file.get()));
    bus.dead_letters().use_codec(stentor::json_letters<bill>());
    for (const auto lossy : {stentor::when_full::drop_newest, stentor::when_full::drop_oldest}) {
        const auto why = refusal(bus, {.when_full = lossy});
        EXPECT_EQ(why.code(), errc::unsupported_combination);
        EXPECT_THAT(why.message(), HasSubstr("reject or block"));
    }
    EXPECT_EQ(refusal(bus, {.dead_letters = false}).code(), errc::unsupported_combination);
    EXPECT_EQ(refusal(bus, {.execution = stentor::execution::inline_}).code(),
              errc::unsupported_combination);
    EXPECT_EQ(refusal(bus, {.placement = stentor::placement::shared}).code(),
              errc::unsupported_combination);
}

TEST_F(critical_options, of_a_bus_name_a_file_that_can_be_opened) {
    auto options = with_file("/no/such/folder/letters");
    const auto made = stentor::bus::create(std::move(options));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), errc::invalid_option);
    EXPECT_THAT(made.error().message(), HasSubstr("/no/such/folder/letters"));
}

}  // namespace
