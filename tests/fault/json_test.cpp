// SPDX-License-Identifier: MIT
#include <stentor/event/json.hpp>

#include "allocation.hpp"
#include "fail_each.hpp"
#include "support/described.hpp"
#include "support/random_value.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

namespace stentor::fault {

TEST(json_without_memory, is_an_error_and_leaves_the_string_alone) {
    described::random_values random(7);
    const auto value = random.next<described::whole>();
    std::string text = to_json(value).value();
    const std::uint64_t written = fail_each([&] {
        std::string out = "kept";
        auto done = append_json(out, value);
        const bool kept = done || (out == "kept" && done.error().code == codec_errc::no_memory);
        return done || !kept;
    });
    EXPECT_GT(written, 0);

    text.insert(text.size() - 1, R"(,"more":{"\u0061":1,"b":[{"c":0}]})");
    const std::uint64_t read = fail_each([&] {
        const auto done = from_json<described::whole>(text);
        return done || done.error().code != codec_errc::no_memory;
    });
    EXPECT_GT(read, 10);
}

TEST(json_without_memory, cannot_say_more_than_that) {
    const std::string text = R"({"a":[{"b":"\u0000000"}],"a":1})";
    for (std::uint64_t nth = 1; nth < 50; ++nth) {
        arm(nth, shortage::once, false);
        const auto done = from_json<described::anything>(text);
        disarm();
        ASSERT_FALSE(done);
        EXPECT_TRUE(done.error().code == codec_errc::no_memory ||
                    done.error().code == codec_errc::duplicate_name);
    }
}

}  // namespace stentor::fault
