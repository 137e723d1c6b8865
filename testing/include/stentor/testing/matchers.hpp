// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/event_type.hpp>
#include <stentor/testing/for_each_seed.hpp>
#include <stentor/testing/history.hpp>
#include <stentor/testing/test_framework.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Assertions for GoogleTest about what was published, on a test_bus or through a recording_context:
// anything with history(). Each adds a failure at the caller's line that shows the history, and
// returns whether it held. Including this also introduces GoogleTest to the kit, so that a failing
// test prints its seed.
//
// Threads: the test's. Progress: allocates.

namespace stentor::inline v0::testing {

namespace detail {

inline std::int64_t google_test_failures() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    if (info == nullptr) {
        return 0;
    }
    const auto& result = *info->result();
    std::int64_t count = 0;
    for (int at = 0; at < result.total_part_count(); ++at) {
        count += result.GetTestPartResult(at).failed() ? 1 : 0;
    }
    return count;
}

inline std::string google_test_selection() {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    return info == nullptr
               ? std::string()
               : std::string("--gtest_filter=") + info->test_suite_name() + '.' + info->name();
}

inline const bool google_test_introduced = [] {
    use_test_framework({.failures = &google_test_failures, .selection = &google_test_selection});
    return true;
}();

inline bool held_or_failed(bool held, const std::string& complaint, const history& events,
                           const std::source_location& where) {
    if (!held) {
        ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << complaint << '\n'
                                                                          << events.to_string();
    }
    return held;
}

template <class E>
std::string all_of(const std::vector<E>& events) {
    std::string text;
    for (const auto& one : events) {
        text += "\n    " + ::testing::PrintToString(one);
    }
    return text;
}

}  // namespace detail

// Some event of type E that the matcher accepts went out.
template <event E, class Source>
bool expect_published(const Source& source, const ::testing::Matcher<const E&>& matcher,
                      const std::source_location& where = std::source_location::current()) {
    const auto events = source.history();
    const auto published = events.template published<E>();
    for (const auto& one : published) {
        if (matcher.Matches(one)) {
            return true;
        }
    }
    std::string wanted;
    {
        std::ostringstream described;
        matcher.DescribeTo(&described);
        wanted = described.str();
    }
    auto complaint = "expected an event of " + std::string(event_type_of<E>.topic) + " that " +
                     wanted + "; there were " + std::to_string(published.size()) +
                     detail::all_of(published);
    return detail::held_or_failed(false, complaint, events, where);
}

// Some event of type E went out.
template <event E, class Source>
bool expect_published(const Source& source,
                      const std::source_location& where = std::source_location::current()) {
    const auto events = source.history();
    const std::string topic(event_type_of<E>.topic);
    return detail::held_or_failed(!events.published(pattern(topic)).empty(),
                                  "expected an event of " + topic, events, where);
}

// No event of type E that the matcher accepts went out.
template <event E, class Source>
bool expect_not_published(const Source& source, const ::testing::Matcher<const E&>& matcher,
                          const std::source_location& where = std::source_location::current()) {
    const auto events = source.history();
    std::vector<E> unwanted;
    for (const auto& one : events.template published<E>()) {
        if (matcher.Matches(one)) {
            unwanted.push_back(one);
        }
    }
    return detail::held_or_failed(unwanted.empty(),
                                  "expected no such event of " +
                                      std::string(event_type_of<E>.topic) + ", but there is" +
                                      detail::all_of(unwanted),
                                  events, where);
}

// No event of type E went out.
template <event E, class Source>
bool expect_not_published(const Source& source,
                          const std::source_location& where = std::source_location::current()) {
    const auto events = source.history();
    const std::string topic(event_type_of<E>.topic);
    return detail::held_or_failed(events.published(pattern(topic)).empty(),
                                  "expected no event of " + topic, events, where);
}

// Some event of type Effect went out because of an event of type Cause, directly or through others.
template <event Cause, event Effect, class Source>
bool expect_caused(const Source& source,
                   const std::source_location& where = std::source_location::current()) {
    const auto events = source.history();
    const std::string_view cause_topic = event_type_of<Cause>.topic;
    const std::string_view effect_topic = event_type_of<Effect>.topic;
    std::string chains;
    for (const auto& effect : events.published(pattern(effect_topic))) {
        auto left = events.all().size();
        for (const auto* cause = events.cause_of(effect); cause != nullptr && left != 0; --left) {
            if (cause->topic() == cause_topic) {
                return true;
            }
            cause = events.cause_of(*cause);
        }
        chains += "\n    " + events.chain_of(effect);
    }
    return detail::held_or_failed(
        false,
        "expected " + std::string(effect_topic) + " to be caused by " + std::string(cause_topic) +
            (chains.empty() ? "; no " + std::string(effect_topic) + " went out"
                            : "; it was caused like this:" + chains),
        events, where);
}

// Events with these topics, or patterns of topics, caused each other one after the other, and have
// one correlation id.
template <class Source>
bool expect_chain(const Source& source, std::initializer_list<std::string_view> topics,
                  const std::source_location& where = std::source_location::current()) {
    const auto events = source.history();
    const std::vector<std::string_view> wanted(topics);
    std::string text;
    for (const auto one : wanted) {
        text += (text.empty() ? "" : " -> ") + std::string(one);
    }
    for (const auto& last : events.all()) {
        const auto* at = &last;
        auto left = wanted.size();
        while (left != 0 && at != nullptr && at->went_out() &&
               at->correlation_id() == last.correlation_id() &&
               pattern(wanted[left - 1]).matches(at->topic())) {
            --left;
            at = events.cause_of(*at);
        }
        if (left == 0) {
            return true;
        }
    }
    std::string chains;
    for (const auto& one : events.all()) {
        if (one.depth() > 0) {
            chains += "\n    " + events.chain_of(one);
        }
    }
    return detail::held_or_failed(
        false,
        "expected the chain " + text +
            (chains.empty() ? "; no event caused another" : "; the chains are:" + chains),
        events, where);
}

}  // namespace stentor::inline v0::testing
