// SPDX-License-Identifier: MIT
#include <stentor/bus/schema_rule.hpp>

#include "support/bus_fixture.hpp"
#include "support/recorder.hpp"
#include "unit/validation/validated.hpp"

#include <gmock/gmock.h>

#include <string>

namespace {

using namespace stentor_test;
using stentor::publish_status;
using ::testing::ElementsAre;

class schema_rule : public bus_fixture {
protected:
    stentor::bus& bus = make_bus();
    stentor::violations found;
    stentor::json_schema schema =
        stentor::json_schema::compile(R"({"type": "object", "required": ["id"]})").value();
};

TEST_F(schema_rule, refuses_untyped_events_that_do_not_fit) {
    const auto rule =
        bus.validate(stentor::pattern("hook.>"), stentor::schema_rule(schema), {.size_max = 1000});
    EXPECT_EQ(bus.publish(stentor::topic("hook.push"), "{}", {.violations = &found}).status(),
              publish_status::rejected_invalid);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].path, "id");
    EXPECT_EQ(found[0].code, "required");
    EXPECT_NE(bus.publish(stentor::topic("hook.push"), R"({"id": 1})").status(),
              publish_status::rejected_invalid);
    EXPECT_NE(bus.publish(stentor::topic("other.push"), "{}").status(),
              publish_status::rejected_invalid);
}

TEST_F(schema_rule, delivers_what_fits) {
    recorder<std::string> seen;
    const auto listener =
        bus.subscribe("listener", stentor::pattern("hook.*"),
                      [&](const stentor::any_event& one) { seen.add(std::string(one.text())); });
    const auto rule = bus.validate(stentor::pattern("hook.>"), stentor::schema_rule(schema));
    EXPECT_FALSE(bus.publish(stentor::topic("hook.push"), "[]"));
    EXPECT_TRUE(bus.publish(stentor::topic("hook.push"), R"({"id": 2})"));
    ASSERT_TRUE(bus.wait_idle());
    EXPECT_THAT(seen.all(), ElementsAre(R"({"id": 2})"));
    EXPECT_EQ(bus.audit().publishes.rejected_invalid, 1);
}

TEST_F(schema_rule, leaves_typed_events_alone) {
    const auto rule = bus.validate(stentor::pattern("test.>"), stentor::schema_rule(schema));
    EXPECT_NE(bus.publish(plain{1}).status(), publish_status::rejected_invalid);
}

}  // namespace
