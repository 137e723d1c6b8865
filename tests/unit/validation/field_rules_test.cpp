// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "unit/validation/validated.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <string>

// What a policy looks at in events whose fields are described.

namespace {

using namespace stentor_test;
using stentor::publish_status;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const std::string broken = "\xC3(";

class field_rules : public bus_fixture {
protected:
    [[nodiscard]] stentor::violations published(const described_order& one) {
        stentor::violations found;
        const auto result = bus.publish(one, {.violations = &found});
        EXPECT_EQ(result.status() == publish_status::rejected_invalid, !found.empty());
        return found;
    }
    stentor::bus& bus = make_bus();
};

TEST_F(field_rules, find_every_text_that_is_not_utf8) {
    const auto rule = bus.validate(stentor::pattern("order.>"), {.utf8 = true});
    described_order order;
    order.id = "fine";
    EXPECT_TRUE(published(order).empty());
    order.id = broken;
    order.lines = {{}, {.name = broken, .comment = broken}};
    order.buyer = {.name = broken, .tags = {{"key", broken}, {broken, "value"}}};
    order.giver = customer{.name = broken};
    order.code = broken;
    const auto found = published(order);
    EXPECT_THAT(
        paths_of(found),
        UnorderedElementsAre("id", "lines[1].name", "lines[1].comment", "buyer.name",
                             "buyer.tags.key", "buyer.tags[\"\\xc3(\"]", "giver.name", "code"));
    for (const auto& one : found) {
        EXPECT_EQ(one.code, "utf8");
    }
}

TEST_F(field_rules, find_every_required_field_that_is_empty) {
    const auto rule = bus.validate<described_order>(
        {.required = {"id", "lines", "lines[].name", "lines[].comment", "buyer.name", "giver",
                      "giver.name", "buyer.tags[]"}});
    described_order order;
    EXPECT_THAT(paths_of(published(order)), ElementsAre("id", "lines", "buyer.name", "giver"));
    order.id = "1";
    order.lines = {{.name = "a", .comment = "b"}, {.name = "", .comment = ""}};
    order.buyer = {.name = "c", .tags = {{"key", ""}}};
    order.giver.emplace();
    EXPECT_THAT(paths_of(published(order)),
                ElementsAre("lines[1].name", "lines[1].comment", "buyer.tags.key", "giver.name"));
    order.lines.pop_back();
    order.buyer.tags.clear();
    order.giver->name = "d";
    EXPECT_TRUE(published(order).empty());
}

TEST_F(field_rules, count_the_bytes_of_texts_and_elements) {
    described_order order;
    order.id = std::string(100, 'x');
    order.numbers.resize(10);
    order.lines = {{.name = "12345"}};
    const std::size_t size = sizeof(described_order) + 100 + 10 * sizeof(int) + sizeof(line) + 5;
    auto rule = bus.validate<described_order>({.size_max = static_cast<std::int64_t>(size)});
    EXPECT_TRUE(published(order).empty());
    order.lines.front().name += '6';
    const auto found = published(order);
    EXPECT_THAT(codes_of(found), ElementsAre("too_large"));
    EXPECT_THAT(paths_of(found), ElementsAre(""));
}

TEST_F(field_rules, keep_a_bounded_number) {
    const auto rule = bus.validate<described_order>({.utf8 = true});
    described_order order;
    order.lines.resize(500, {.name = broken});
    const auto found = published(order);
    EXPECT_EQ(found.size(), 64U);
    EXPECT_EQ(found.count(), 500U);
}

}  // namespace
