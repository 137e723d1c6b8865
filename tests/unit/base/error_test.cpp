// SPDX-License-Identifier: MIT
#include <stentor/base/error.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <type_traits>

using stentor::bus_error;
using stentor::errc;
using stentor::error;

TEST(errc, has_a_name_for_every_enumerator) {
    std::set<std::string_view> names;
    for (int code = 0; code <= static_cast<int>(errc::invalid_id); ++code) {
        const std::string_view name = stentor::to_string(static_cast<errc>(code));
        EXPECT_NE(name, "unknown") << code;
        EXPECT_TRUE(names.insert(name).second) << name;
    }
    EXPECT_EQ(stentor::to_string(errc::unsupported_combination), "unsupported_combination");
    EXPECT_EQ(stentor::to_string(static_cast<errc>(9999)), "unknown");
}

TEST(error, keeps_code_and_message) {
    const error why(errc::duplicate_name, "there is a printer already");
    EXPECT_EQ(why.code(), errc::duplicate_name);
    EXPECT_EQ(why.message(), "there is a printer already");
    static_assert(std::is_nothrow_move_constructible_v<error>);
}

TEST(bus_error, carries_the_error_and_says_its_message) {
    const bus_error thrown(error(errc::closed, "the bus is draining"));
    EXPECT_STREQ(thrown.what(), "the bus is draining");
    EXPECT_EQ(thrown.details().code(), errc::closed);
    const bus_error copy = thrown;
    EXPECT_EQ(copy.details().message(), "the bus is draining");
    static_assert(std::is_nothrow_copy_constructible_v<bus_error>);
    static_assert(std::is_base_of_v<std::runtime_error, bus_error>);
}

#if defined(__cpp_exceptions)

TEST(raise, throws_a_bus_error) {
    try {
        stentor::raise(error(errc::not_found, "no handler is called printer"));
        FAIL() << "raise returned";
    } catch (const std::runtime_error& caught) {
        EXPECT_STREQ(caught.what(), "no handler is called printer");
        EXPECT_EQ(dynamic_cast<const bus_error&>(caught).details().code(), errc::not_found);
    }
}

#else

TEST(raise, stops_the_process_with_the_message) {
    EXPECT_DEATH(stentor::raise(error(errc::not_found, "no handler is called printer")),
                 "stentor: no handler is called printer \\(not_found\\)");
}

#endif
