// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"
#include "support/recorder.hpp"
#include "unit/validation/validated.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

// Rules that are given to a bus, and what they do to a publish.

namespace {

using namespace stentor_test;
using stentor::publish_status;
using stentor::validation_mode;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class validation : public bus_fixture {
protected:
    stentor::bus& bus = make_bus();
    stentor::violations found;
};

TEST_F(validation, of_the_type_refuses_what_is_invalid) {
    recorder<std::string> seen;
    const auto listener =
        bus.subscribe<note>("listener", [&](const note& one) { seen.add(one.text); });

    const auto refused = bus.publish(note{}, {.violations = &found});
    EXPECT_EQ(refused.status(), publish_status::rejected_invalid);
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.id(), stentor::event_id{});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].path, "text");
    EXPECT_EQ(found[0].code, "required");
    EXPECT_EQ(found[0].message, "a note says something");

    EXPECT_TRUE(bus.publish(note{"hello"}));
    ASSERT_TRUE(bus.wait_idle());
    EXPECT_THAT(seen.all(), ElementsAre("hello"));
    const auto publishes = bus.audit().publishes;
    EXPECT_EQ(publishes.rejected_invalid, 1);
    EXPECT_EQ(publishes.published, 2);
    EXPECT_EQ(publishes.unaccounted(), 0);
}

TEST_F(validation, refuses_whether_anybody_listens_or_not) {
    EXPECT_EQ(bus.publish(tick{-1}).status(), publish_status::rejected_invalid);
    EXPECT_EQ(bus.publish(tick{1}).status(), publish_status::no_subscribers);
}

TEST_F(validation, leaves_the_refused_event_to_its_publisher) {
    auto text = note{std::string(40, 'x')};
    EXPECT_EQ(bus.publish(std::move(text)).status(), publish_status::rejected_invalid);
    EXPECT_EQ(text.text.size(), 40U);  // NOLINT(bugprone-use-after-move): it was not moved
}

TEST_F(validation, by_rule_begins_and_ends_with_its_handle) {
    const auto listener = bus.subscribe<plain>("listener", [](const plain&) {});
    EXPECT_TRUE(bus.publish(plain{-1}));
    EXPECT_TRUE(bus.publish(plain{-1}));  // by the short way
    auto rule = bus.validate<plain>([](const plain& one, stentor::violations& to) {
        if (one.number < 0) {
            to.add("number", "negative", "it counts from 0");
        }
    });
    EXPECT_TRUE(rule.active());
    EXPECT_EQ(bus.publish(plain{-1}, {.violations = &found}).status(),
              publish_status::rejected_invalid);
    EXPECT_EQ(bus.publish(plain{-1}).status(), publish_status::rejected_invalid);
    EXPECT_THAT(paths_of(found), ElementsAre("number"));
    EXPECT_TRUE(bus.publish(plain{1}));
    rule.remove();
    EXPECT_FALSE(rule.active());
    EXPECT_TRUE(bus.publish(plain{-1}));
    rule.remove();  // nothing more to do
}

TEST_F(validation, tells_all_that_all_rules_find) {
    const auto first =
        bus.validate<note>([](const note&, stentor::violations& to) { to.add("", "first", ""); });
    const auto second = bus.validate(
        stentor::pattern("test.*"), [](const stentor::candidate& one, stentor::violations& to) {
            to.add("", "second", std::string(one.topic()));
            if (one.as<note>() == nullptr || one.type() == nullptr || !one.text().empty()) {
                to.add("", "wrong", "");
            }
        });
    static_cast<void>(bus.publish(note{}, {.violations = &found}));
    EXPECT_THAT(codes_of(found), ElementsAre("required", "first", "second"));
    EXPECT_EQ(found[2].message, "test.note");
}

TEST_F(validation, keeps_what_the_sink_had_when_the_event_is_valid) {
    found.add("", "old", "");
    EXPECT_TRUE(bus.publish(note{"fine"}, {.violations = &found}));
    EXPECT_THAT(codes_of(found), ElementsAre("old"));
    static_cast<void>(bus.publish(note{}, {.violations = &found}));
    EXPECT_THAT(codes_of(found), ElementsAre("required"));
}

TEST_F(validation, of_texts_looks_at_size_and_utf8) {
    const auto rule = bus.validate(stentor::pattern("raw.>"), {.size_max = 8, .utf8 = true});
    const stentor::topic raw("raw.text");
    EXPECT_TRUE(bus.publish(raw, "12345678"));
    EXPECT_EQ(bus.publish(raw, "123456789", {.violations = &found}).status(),
              publish_status::rejected_invalid);
    EXPECT_THAT(codes_of(found), ElementsAre("too_large"));
    EXPECT_THAT(found[0].message, HasSubstr("9 bytes"));
    EXPECT_EQ(bus.publish(raw, "\xC3(", {.violations = &found}).status(),
              publish_status::rejected_invalid);
    EXPECT_THAT(codes_of(found), ElementsAre("utf8"));
    EXPECT_TRUE(bus.publish(stentor::topic("other.text"), "\xC3( and long enough"));
}

TEST_F(validation, of_texts_may_look_into_them) {
    const auto rule = bus.validate(stentor::pattern("raw.json"),
                                   [](const stentor::candidate& one, stentor::violations& to) {
                                       if (!one.text().starts_with('{')) {
                                           to.add("", "no_object", "it is an object");
                                       }
                                   });
    EXPECT_TRUE(bus.publish(stentor::topic("raw.json"), "{}"));
    EXPECT_EQ(bus.publish(stentor::topic("raw.json"), "[]").status(),
              publish_status::rejected_invalid);
}

TEST_F(validation, that_is_off_looks_at_nothing) {
    int calls = 0;
    const auto off = bus.validate<plain>([&](const plain&, stentor::violations&) { ++calls; },
                                         {.mode = validation_mode::off});
    EXPECT_TRUE(bus.publish(plain{}));
    EXPECT_EQ(calls, 0);
}

TEST_F(validation, of_the_type_follows_the_latest_rule_that_speaks_of_it) {
    auto off = bus.validate(stentor::pattern("test.>"), {.declared = validation_mode::off});
    EXPECT_TRUE(bus.publish(tick{-1}));
    auto on = bus.validate<tick>({.declared = validation_mode::enforce});
    EXPECT_EQ(bus.publish(tick{-1}).status(), publish_status::rejected_invalid);
    on.remove();
    EXPECT_TRUE(bus.publish(tick{-1}));
    off.remove();
    EXPECT_EQ(bus.publish(tick{-1}).status(), publish_status::rejected_invalid);
}

TEST_F(validation, that_throws_refuses_the_event_and_is_counted) {
    const auto rule = bus.validate<plain>(
        [](const plain&, stentor::violations&) { throw std::runtime_error("no schema"); });
    EXPECT_EQ(bus.publish(plain{}, {.violations = &found}).status(),
              publish_status::rejected_invalid);
    ASSERT_THAT(codes_of(found), ElementsAre("validator_threw"));
    EXPECT_EQ(found[0].message, "no schema");
    EXPECT_EQ(bus.snapshot().validators_threw, 1U);
    EXPECT_THAT(stentor::prometheus_text(bus.snapshot()),
                HasSubstr("stentor_validators_threw_total 1\n"));
    EXPECT_EQ(bus.audit().publishes.rejected_invalid, 1);
}

TEST_F(validation, may_publish_and_remove_itself) {
    recorder<int> seen;
    const auto listener =
        bus.subscribe<tick>("listener", [&](const tick& one) { seen.add(one.number); });
    auto life = std::make_shared<int>(1);
    const std::weak_ptr<int> watched = life;
    std::optional<stentor::validation> rule;
    rule = bus.validate<plain>([&, life = std::move(life)](const plain& one, stentor::violations&) {
        bus.publish(tick{one.number});
        rule->remove();
        EXPECT_FALSE(watched.expired());
    });
    EXPECT_TRUE(bus.publish(plain{7}));
    EXPECT_TRUE(watched.expired());
    EXPECT_TRUE(bus.publish(plain{8}));
    ASSERT_TRUE(bus.wait_idle());
    EXPECT_THAT(seen.all(), ElementsAre(7));
}

TEST_F(validation, ends_with_its_function_gone) {
    auto life = std::make_shared<int>(1);
    const std::weak_ptr<int> watched = life;
    auto rule =
        bus.validate<plain>([kept = std::move(life)](const plain&, stentor::violations&) {});
    EXPECT_TRUE(bus.publish(plain{}));
    EXPECT_FALSE(watched.expired());
    rule = {};
    EXPECT_TRUE(watched.expired());
}

TEST_F(validation, may_outlive_the_bus) {
    auto other = std::make_unique<stentor::bus>(small_bus());
    auto rule = other->validate<plain>({.size_max = 1});
    EXPECT_EQ(other->publish(plain{}).status(), publish_status::rejected_invalid);
    other.reset();
    EXPECT_FALSE(rule.active());
}

TEST_F(validation, is_kept_by_the_bus) {
    bus.keep(bus.validate<plain>({.size_max = 1}));
    EXPECT_EQ(bus.publish(plain{}).status(), publish_status::rejected_invalid);
}

TEST_F(validation, says_what_is_wrong_with_a_rule) {
    const auto message = [](const auto& made) {
        return made ? std::string() : made.error().message();
    };
    EXPECT_THAT(message(bus.try_validate<plain>(nullptr)), HasSubstr("looks at nothing"));
    EXPECT_THAT(message(bus.try_validate<plain>(nullptr, {.size_max = -1})),
                HasSubstr("size_max is -1"));
    EXPECT_THAT(message(bus.try_validate<plain>(nullptr, {.required = {"number"}})),
                HasSubstr("STENTOR_FIELDS"));
    EXPECT_THAT(message(bus.try_validate<described_order>(nullptr, {.required = {"lines[].nam"}})),
                HasSubstr("\"lines[].nam\""));
    EXPECT_THAT(message(bus.try_validate(stentor::pattern("a.>"), nullptr, {.required = {"id"}})),
                HasSubstr("validate<E>()"));
    EXPECT_THAT(message(bus.try_validate(stentor::pattern("stentor.>"), nullptr, {.utf8 = true})),
                HasSubstr("the engine's"));
    EXPECT_TRUE(bus.publish(stentor::topic(plain::topic), "text"));
    EXPECT_THAT(message(bus.try_validate<plain>(nullptr, {.utf8 = true})),
                HasSubstr("another type"));
    bus.drain();
    EXPECT_THAT(message(bus.try_validate<tick>(nullptr, {.utf8 = true})), HasSubstr("closed"));
}

TEST_F(validation, names_its_modes) {
    EXPECT_EQ(to_string(validation_mode::enforce), "enforce");
    EXPECT_EQ(to_string(validation_mode::warn), "warn");
    EXPECT_EQ(to_string(validation_mode::off), "off");
}

TEST_F(validation, of_options_says_what_is_malformed) {
    const auto listener = bus.subscribe<plain>("listener", [](const plain&) {});
    const std::string much(9000, 'x');
    EXPECT_EQ(bus.publish(plain{}, {.user_id = much, .violations = &found}).status(),
              publish_status::rejected_invalid);
    EXPECT_THAT(paths_of(found), ElementsAre("options"));
}

}  // namespace
