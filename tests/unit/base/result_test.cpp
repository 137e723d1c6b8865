// SPDX-License-Identifier: MIT
#include <stentor/base/result.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using stentor::result;
using stentor::unexpected;

namespace {

// Counts the living, so that a test sees a double destruction or a leak without a sanitizer.
struct counted {
    explicit counted(int& alive) noexcept : alive_(&alive) { ++*alive_; }
    counted(const counted& other) noexcept : alive_(other.alive_) { ++*alive_; }
    counted(counted&& other) noexcept : alive_(other.alive_) { ++*alive_; }
    counted& operator=(const counted&) noexcept = default;
    ~counted() { --*alive_; }

    int* alive_;
};

result<int, std::string> parse_digit(char c) {
    if (c < '0' || c > '9') {
        return unexpected("not a digit");
    }
    return c - '0';
}

}  // namespace

TEST(result, holds_a_value) {
    const auto digit = parse_digit('7');
    ASSERT_TRUE(digit);
    EXPECT_TRUE(digit.has_value());
    EXPECT_EQ(*digit, 7);
    EXPECT_EQ(digit.value(), 7);
    EXPECT_EQ(digit.value_or(1), 7);
}

TEST(result, holds_a_reason) {
    const auto digit = parse_digit('x');
    ASSERT_FALSE(digit);
    EXPECT_EQ(digit.error(), "not a digit");
    EXPECT_EQ(digit.value_or(1), 1);
}

TEST(result, starts_with_a_default_value) {
    const result<std::string, int> text;
    ASSERT_TRUE(text.has_value());
    EXPECT_TRUE(text->empty());
}

TEST(result, keeps_value_and_reason_of_one_type_apart) {
    const result<std::string, std::string> good("fine");
    const result<std::string, std::string> bad(unexpected(std::string("broken")));
    EXPECT_EQ(good.value(), "fine");
    EXPECT_EQ(bad.error(), "broken");
}

TEST(result, passes_move_only_values_through) {
    result<std::unique_ptr<int>, int> made(std::make_unique<int>(5));
    result<std::unique_ptr<int>, int> moved(std::move(made));
    EXPECT_EQ(**moved, 5);
    const std::unique_ptr<int> out = std::move(moved).value();
    EXPECT_EQ(*out, 5);
    result<std::unique_ptr<int>, int> none(unexpected(3));
    EXPECT_EQ(*std::move(none).value_or(std::make_unique<int>(9)), 9);
}

TEST(result, changes_sides_by_assignment_without_leak) {
    int values = 0;
    int errors = 0;
    {
        using both = result<counted, unexpected<counted>>;
        both value{counted(values)};
        both error{unexpected(unexpected(counted(errors)))};
        EXPECT_EQ(values, 1);
        EXPECT_EQ(errors, 1);
        value = error;
        EXPECT_EQ(values, 0);
        EXPECT_EQ(errors, 2);
        value = both{counted(values)};
        error = std::move(value);
        EXPECT_TRUE(error.has_value());
        EXPECT_EQ(errors, 0);
        both& same = error;
        error = same;
        error = std::move(same);
        EXPECT_TRUE(error.has_value());
    }
    EXPECT_EQ(values, 0);
    EXPECT_EQ(errors, 0);
}

TEST(result, gives_access_to_change_what_it_holds) {
    result<std::string, int> text("order");
    text->append(".placed");
    *text += ".late";
    EXPECT_EQ(text.value(), "order.placed.late");
    result<int, std::string> refused(unexpected(std::string("no")));
    refused.error() += " room";
    EXPECT_EQ(std::move(refused).error(), "no room");
}

TEST(result, works_in_constant_expressions) {
    constexpr auto half = [](int whole) -> result<int, char> {
        if (whole % 2 != 0) {
            return unexpected('o');
        }
        return whole / 2;
    };
    static_assert(half(8).value() == 4);
    static_assert(half(7).error() == 'o');
}

TEST(result, converts_only_as_its_value_does) {
    static_assert(std::is_convertible_v<const char*, result<std::string, int>>);
    static_assert(!std::is_convertible_v<std::size_t, result<std::vector<int>, int>>);
    static_assert(std::is_constructible_v<result<std::vector<int>, int>, std::size_t>);
}

TEST(result, stops_the_process_when_the_wrong_side_is_read) {
    const auto good = parse_digit('7');
    const auto bad = parse_digit('x');
    EXPECT_DEATH(static_cast<void>(bad.value()), "holds an error");
    EXPECT_DEATH(static_cast<void>(*bad), "holds an error");
    EXPECT_DEATH(static_cast<void>(good.error()), "holds a value");
}

TEST(result_of_void, tells_success_from_a_reason) {
    const result<void, std::string> done;
    EXPECT_TRUE(done);
    done.value();
    result<void, std::string> refused = unexpected("closed");
    EXPECT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error(), "closed");
    EXPECT_EQ(std::move(refused).error(), "closed");
    EXPECT_DEATH((result<void, int>(unexpected(1)).value()), "holds an error");
}
