// SPDX-License-Identifier: MIT
#include "unit/validation/validated.hpp"

#include <gmock/gmock.h>

#include <string>
#include <utility>

// What is wrong with an event: a bounded list, with paths.

namespace {

using namespace stentor_test;
using ::testing::ElementsAre;

TEST(violations, keep_the_first_and_count_all) {
    stentor::violations found;
    for (int each = 0; each < 100; ++each) {
        found.add("field" + std::to_string(each), "bad", "it is bad");
    }
    EXPECT_EQ(found.count(), 100U);
    ASSERT_EQ(found.size(), stentor::violations::kept_max);
    EXPECT_EQ(found[0].path, "field0");
    EXPECT_EQ(found[63].path, "field63");
    found.clear();
    EXPECT_TRUE(found.empty());
}

TEST(violations, begin_their_paths_where_they_stand) {
    stentor::violations found;
    {
        const auto lines = found.in("lines");
        const auto third = found.at(3);
        found.add("name", "required", "");
        const auto tags = found.in("tags");
        const auto key = found.at_key("a key");
        found.add("", "utf8", "");
    }
    found.add("id", "required", "");
    EXPECT_THAT(paths_of(found), ElementsAre("lines[3].name", "lines[3].tags[\"a key\"]", "id"));
}

TEST(violations, know_where_they_stand) {
    stentor::violations found;
    const auto lines = found.in("lines");
    const auto third = found.at(3);
    EXPECT_TRUE(found.stands_at("lines[]"));
    const auto name = found.in("name");
    EXPECT_TRUE(found.stands_at("lines[].name"));
    EXPECT_FALSE(found.stands_at("lines[]name"));
    EXPECT_FALSE(found.stands_at("my.lines[].name"));
    EXPECT_FALSE(found.stands_at("name"));
    EXPECT_FALSE(found.stands_at("lines.name"));
}

TEST(violations, say_all_in_one_line) {
    stentor::violations found;
    found.add("id", "required", "an order has an id");
    found.add("", "too_large", "it is too large");
    EXPECT_EQ(found.to_string(), "id: an order has an id (required); it is too large (too_large)");
    for (int each = 0; each < 70; ++each) {
        found.add("", "x", "y");
    }
    EXPECT_TRUE(found.to_string().ends_with("; 8 more")) << found.to_string();
}

TEST(violations, cut_long_texts_between_characters) {
    stentor::violations found;
    found.add("", "long", std::string(stentor::violations::text_max - 1, 'x') + "\xC3\xA4");
    EXPECT_EQ(found[0].message.size(), stentor::violations::text_max - 1);
}

TEST(violations, are_values) {
    stentor::violations found;
    found.add("id", "required", "");
    auto copy = found;
    EXPECT_EQ(copy.count(), 1U);
    const auto moved = std::move(copy);
    EXPECT_EQ(moved.count(), 1U);
    EXPECT_EQ(moved.size(), 1U);
    found.add(moved);
    EXPECT_EQ(found.count(), 2U);
}

TEST(violations_of, asks_the_type_without_a_bus) {
    EXPECT_THAT(codes_of(stentor::violations_of(note{})), ElementsAre("required"));
    EXPECT_TRUE(stentor::violations_of(note{"short"}).empty());
    EXPECT_TRUE(stentor::violations_of(plain{-1}).empty());
}

}  // namespace
