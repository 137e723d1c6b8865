// SPDX-License-Identifier: MIT
#include "unit/interceptor/intercepted.hpp"
#include <stentor/bus/redaction.hpp>
#include <stentor/bus/tracing.hpp>

#include <gmock/gmock.h>

// Interceptors that a bus refuses, and what it says.

namespace {

using namespace stentor_test;
using stentor::errc;
using ::testing::HasSubstr;

const stentor::callback<void(const stentor::settled_view&)> nothing =
    [](const stentor::settled_view&) {};

stentor::error refusal_of(stentor::interceptor_list all) {
    auto options = small_bus();
    options.interceptors = std::move(all);
    auto made = stentor::bus::create(std::move(options));
    EXPECT_FALSE(made);
    return made ? stentor::error::out_of_memory() : made.error();
}

TEST(interceptor_options, need_a_name) {
    const auto wrong =
        refusal_of({{.name = "first", .on_settle = nothing}, {.on_settle = nothing}});
    EXPECT_EQ(wrong.code(), errc::invalid_name);
    EXPECT_THAT(wrong.message(), HasSubstr("number 2 has no name"));
}

TEST(interceptor_options, need_a_name_of_their_own) {
    const auto wrong = refusal_of({{.name = "audit", .on_settle = nothing},
                                   {.name = "other", .on_settle = nothing},
                                   {.name = "audit", .on_settle = nothing}});
    EXPECT_EQ(wrong.code(), errc::duplicate_name);
    EXPECT_THAT(wrong.message(), HasSubstr("\"audit\" is there twice"));
}

TEST(interceptor_options, need_a_function) {
    const auto wrong = refusal_of({{.name = "audit"}});
    EXPECT_EQ(wrong.code(), errc::invalid_option);
    EXPECT_THAT(wrong.message(), HasSubstr("give it at least one of before_publish"));
    EXPECT_EQ(refusal_of({stentor::error_redaction("masks", {})}).code(), errc::invalid_option);
    EXPECT_EQ(refusal_of({stentor::redaction("masks", ">", {})}).code(), errc::invalid_option);
}

TEST(interceptor_options, need_a_pattern_that_is_one) {
    const auto wrong =
        refusal_of({{.name = "audit", .pattern = "order..placed", .on_settle = nothing}});
    EXPECT_EQ(wrong.code(), errc::invalid_pattern);
    EXPECT_THAT(wrong.message(), HasSubstr("interceptor \"audit\""));
    EXPECT_EQ(refusal_of({stentor::tracing({.pattern = ""})}).code(), errc::invalid_pattern);
}

TEST(interceptor_options, leave_the_topics_of_the_engine_alone) {
    const auto wrong =
        refusal_of({{.name = "audit", .pattern = "stentor.>", .on_settle = nothing}});
    EXPECT_EQ(wrong.code(), errc::invalid_pattern);
    EXPECT_THAT(wrong.message(), HasSubstr("subscribe to them instead"));
}

}  // namespace
