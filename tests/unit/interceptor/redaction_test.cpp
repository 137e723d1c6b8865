// SPDX-License-Identifier: MIT
#include <stentor/bus/redaction.hpp>

#include "unit/interceptor/intercepted.hpp"
#include <stentor/bus/dead_letters.hpp>
#include <stentor/bus/letter_payload.hpp>
#include <stentor/event/json.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <stdexcept>

// What is taken out of an event before anybody sees it.

namespace {

using namespace stentor_test;
using stentor::outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct signup {
    static constexpr std::string_view topic = "user.signup";
    std::string name{};
    std::string card{};
};
STENTOR_FIELDS(signup, name, card);
void validate(const signup& one, stentor::violations& found) {
    if (one.card.find("4111") != std::string::npos) {
        found.add("card", "secret", "has " + one.card);
    }
}

void mask_digits(std::string& text) {
    std::ranges::replace_if(text, [](char one) { return one >= '0' && one <= '9'; }, '*');
}

class redaction : public intercepted {
protected:
    redaction() { expect_failures(); }
    void begin() {
        start({stentor::redaction<signup>("cards", [](signup& one) { mask_digits(one.card); }),
               stentor::redaction("texts", "raw.>", mask_digits),
               stentor::error_redaction("errors", mask_digits)});
        bus->dead_letters().use_codec(stentor::json_letters<signup>());
    }
};

TEST_F(redaction, comes_before_validation_and_handlers) {
    begin();
    std::string seen;
    const auto one = bus->subscribe<signup>("one", [&](const signup& it) { seen = it.card; });
    ASSERT_TRUE(bus->publish(signup{"ann", "4111 1111"}));
    run();
    EXPECT_EQ(seen, "**** ****");
}

TEST_F(redaction, of_an_event_is_what_its_dead_letter_has) {
    begin();
    const auto one = bus->subscribe<signup>(
        "one", [](const signup&) { throw std::runtime_error("no"); }, {.dead_letters = true});
    ASSERT_TRUE(bus->publish(signup{"ann", "4111 1111"}));
    run();
    const auto letters = bus->dead_letters().list().letters;
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_THAT(letters[0].payload.bytes, HasSubstr("**** ****"));
    EXPECT_THAT(letters[0].payload.bytes, Not(HasSubstr("4111")));
}

TEST_F(redaction, of_a_text_is_what_its_dead_letter_has) {
    begin();
    const auto one = bus->subscribe(
        "one", stentor::pattern("raw.*"),
        [](const stentor::any_event&) { throw std::runtime_error("no"); }, {.dead_letters = true});
    ASSERT_TRUE(bus->publish(stentor::topic("raw.card"), R"({"card": "4111"})"));
    run();
    const auto letters = bus->dead_letters().list().letters;
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_EQ(letters[0].payload.bytes, R"({"card": "****"})");
}

TEST_F(redaction, of_errors_is_what_records_letters_and_reports_have) {
    begin();
    const auto one =
        bus->subscribe<signup>("one",
                               [](const signup&) {
                                   try {
                                       throw std::runtime_error("card 4111 expired");
                                   } catch (...) {
                                       std::throw_with_nested(std::runtime_error("user 17"));
                                   }
                               },
                               {.dead_letters = true});
    const auto report = bus->publish_and_wait(signup{"ann", "4111"}, 1s);
    ASSERT_NE(report.find("one"), nullptr);
    EXPECT_EQ(report.find("one")->error, "user **: card **** expired");
    ASSERT_EQ(log().errors().size(), 1U);
    EXPECT_EQ(log().errors()[0].error, "user **: card **** expired");
    const auto letters = bus->dead_letters().list().letters;
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_THAT(letters[0].attempts.back().errors, ElementsAre("user **", "card **** expired"));
}

TEST_F(redaction, of_errors_is_what_records_have_of_what_a_handler_says) {
    begin();
    const auto one = bus->subscribe<signup>(
        "one", [](const signup&) { return outcome::reject("card 4111"); }, {.dead_letters = true});
    const auto inlined = bus->subscribe<signup>(
        "inlined", [](const signup&) { throw std::runtime_error("card 4111"); },
        {.execution = stentor::execution::inline_});
    ASSERT_TRUE(bus->publish(signup{"ann", "4111"}));
    run();
    const auto errors = log().errors();
    ASSERT_EQ(errors.size(), 2U);
    EXPECT_EQ(errors[0].error, "card ****");
    EXPECT_EQ(errors[1].error, "rejected: card ****");
    EXPECT_THAT(bus->dead_letters().list().letters[0].attempts.back().errors,
                ElementsAre("rejected: card ****"));
}

TEST_F(redaction, of_errors_is_what_a_letter_has_of_every_attempt) {
    begin();
    const auto one =
        bus->subscribe<signup>("one", [](const signup&) { throw std::runtime_error("card 4111"); },
                               {.retry = attempts_of(3)});
    ASSERT_TRUE(bus->publish(signup{"ann", "4111"}));
    for (int turn = 0; turn < 4; ++turn) {
        pass(1s);
    }
    const auto letters = bus->dead_letters().list().letters;
    ASSERT_EQ(letters.size(), 1U);
    ASSERT_EQ(letters[0].attempts.size(), 3U);
    for (const auto& each : letters[0].attempts) {
        EXPECT_THAT(each.errors, ElementsAre("card ****")) << each.number;
    }
}

TEST_F(redaction, of_errors_leaves_a_classifier_and_a_fallback_what_was_thrown) {
    begin();
    std::string classified;
    std::string fallen;
    auto policy = attempts_of(2);
    policy.classifier = [&](const stentor::failure& why) {
        classified = why.what;
        return stentor::failure_class::permanent;
    };
    const auto one = bus->subscribe<signup>(
        "one", [](const signup&) { throw std::runtime_error("code 503"); },
        {.retry = policy,
         .fallback = [&](const signup&, const stentor::failure& why) { fallen = why.what; }});
    ASSERT_TRUE(bus->publish(signup{"ann", ""}));
    run();
    EXPECT_EQ(classified, "code 503");
    EXPECT_EQ(fallen, "code 503");
    ASSERT_EQ(log().errors().size(), 1U);
    EXPECT_EQ(log().errors()[0].error, "code ***");
}

TEST_F(redaction, that_fails_lets_no_event_pass) {
    start({stentor::redaction<signup>("cards", [](signup&) { throw std::runtime_error("no"); })});
    int handled = 0;
    const auto one = bus->subscribe<signup>("one", [&](const signup&) { ++handled; });
    EXPECT_EQ(bus->publish(signup{"ann", "x"}).status(),
              stentor::publish_status::rejected_interceptor);
    run();
    EXPECT_EQ(handled, 0);
}

TEST_F(redaction, of_one_type_leaves_others_alone) {
    begin();
    std::string seen;
    const auto one =
        bus->subscribe<order_noted>("one", [&](const order_noted& it) { seen = it.text; });
    ASSERT_TRUE(bus->publish(order_noted{"4111"}));
    run();
    EXPECT_EQ(seen, "4111");
}

}  // namespace
