// SPDX-License-Identifier: MIT
#include "simulation/shadow_fixture.hpp"

#include <gtest/gtest.h>

#include <cstdint>

// Wrong histories of handlers that run inside publish, which the model must find.

namespace {

using stentor::publish_status;
using stentor_test::shadow;
using stentor_test::shadow_limits;
using stentor_test::shadow_of_an_engine;

constexpr shadow_limits inside{.own = true, .inlined = true};

class shadow_of_inline_calls : public shadow_of_an_engine {
protected:
    void begin(std::int64_t number) {
        model.publish_begins({.event = number, .topic = topic, .inside = number != 1});
    }
    void end(std::int64_t number, publish_status status = publish_status::accepted) {
        model.publish_returns(number, status);
    }
    void call(shadow::sub which, std::int64_t number) {
        model.call_begins(which, number);
        model.call_ends(which, number, shadow::ending::completed);
    }
    // Publishes 1 to `depth`, each inside the call of the one before.
    void nest(shadow::sub which, std::int64_t depth) {
        for (std::int64_t number = 1; number <= depth; ++number) {
            begin(number);
            model.call_begins(which, number);
        }
    }
    void unnest(shadow::sub which, std::int64_t depth) {
        for (auto number = depth; number >= 1; --number) {
            model.call_ends(which, number, shadow::ending::completed);
            end(number);
        }
    }
};

TEST_F(shadow_of_inline_calls, agrees_with_a_call_inside_publish) {
    const auto a = subscribe("a", inside);
    begin(1);
    call(a, 1);
    end(1);
    rows.publishes.published = rows.publishes.accepted = 1;
    rows.subscriptions[0].second = {.accepted = 1, .completed = 1};
    expect_holds();
}

TEST_F(shadow_of_inline_calls, finds_one_that_was_not_called) {
    static_cast<void>(subscribe("a", inside));
    begin(1);
    end(1);
    expect_violation("was not called inside publish");
}

TEST_F(shadow_of_inline_calls, finds_a_call_after_publish) {
    const auto a = subscribe("a", inside);
    begin(1);
    begin(2);
    call(a, 1);
    expect_violation("outside of the publish");
}

TEST_F(shadow_of_inline_calls, finds_a_call_of_what_was_refused) {
    const auto a = subscribe("a", inside);
    model.publish_begins({.event = 1, .topic = topic, .expires = true});
    call(a, 1);
    end(1, publish_status::expired);
    expect_violation("a refused event reached a handler");
}

TEST_F(shadow_of_inline_calls, finds_a_call_that_is_too_deep) {
    const auto a = subscribe("a", inside);
    nest(a, shadow::nesting_max);
    EXPECT_FALSE(model.violation().has_value());
    begin(shadow::nesting_max + 1);
    model.call_begins(a, shadow::nesting_max + 1);
    expect_violation("deeper than may be");
}

TEST_F(shadow_of_inline_calls, finds_a_status_that_hides_that_it_was_too_deep) {
    const auto a = subscribe("a", inside);
    nest(a, shadow::nesting_max);
    begin(shadow::nesting_max + 1);
    end(shadow::nesting_max + 1);
    expect_violation("or too deep");
}

TEST_F(shadow_of_inline_calls, finds_a_status_that_invents_that_it_was_too_deep) {
    const auto a = subscribe("a", inside);
    begin(1);
    call(a, 1);
    end(1, publish_status::accepted_partial);
    expect_violation("or too deep");
}

TEST_F(shadow_of_inline_calls, finds_a_drop_as_nested_that_is_not_counted) {
    const auto a = subscribe("a", inside);
    const auto depth = shadow::nesting_max;
    nest(a, depth);
    begin(depth + 1);
    end(depth + 1, publish_status::accepted_partial);
    unnest(a, depth);
    rows.publishes.published = rows.publishes.accepted = depth + 1;
    rows.subscriptions[0].second = {.accepted = depth + 1, .completed = depth, .dropped_nested = 1};
    expect_holds();
    rows.subscriptions[0].second = {.accepted = depth + 1, .completed = depth, .expired = 1};
    model.check(rows);
    expect_violation("another number was dropped as nested");
}

}  // namespace
