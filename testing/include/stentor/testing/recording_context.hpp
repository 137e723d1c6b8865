// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/any_event.hpp>
#include <stentor/event/event_type.hpp>
#include <stentor/event/metadata.hpp>
#include <stentor/registry/context.hpp>
#include <stentor/registry/lone_event.hpp>
#include <stentor/testing/export.hpp>
#include <stentor/testing/history.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stentor::inline v0::testing {

namespace detail {
class recorder;
}  // namespace detail

struct recording_options {
    // The event's metadata. Without an id it gets one.
    publish_options metadata{};
    std::optional<event_id> causation_id{};
    std::int32_t depth = 0;
    // What ctx.subscription() says.
    std::string_view subscription = "recorded";
    // What ctx.publish() answers.
    publish_status answer = publish_status::accepted;
};

namespace detail {

// What does not depend on the event's type.
class STENTOR_TESTING_EXPORT recording {
public:
    recording(const event_type& type, const void* object, const recording_options& options);
    recording(std::string_view topic, std::string_view text, const recording_options& options);
    recording(const recording&) = delete;
    recording& operator=(const recording&) = delete;
    ~recording();

    // What the handler gets as its second argument.
    [[nodiscard]] stentor::context& context() noexcept;
    // The event as a pattern's handler gets it.
    [[nodiscard]] any_event any() const noexcept;

    template <event E>
    [[nodiscard]] std::vector<E> published() const {
        return history().template published<E>();
    }
    [[nodiscard]] std::vector<published_event> published(const pattern& topics) const {
        return history().published(topics);
    }
    // What was published through the context.
    [[nodiscard]] testing::history history() const;

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace detail

// One delivery without a bus: an event, and a context that records what the handler publishes.
//
//     stentor::testing::recording_context call{order_placed{"o-1", 1}};
//     reserve_stock(call.event(), call.context());
//     EXPECT_EQ(call.published<stock_reserved>().size(), 1);
//
// Threads: one at a time. Progress: allocates.
template <event E>
class recording_context {
public:
    explicit recording_context(E value, const recording_options& options = {})
        : event_(std::move(value)), recording_(event_type_of<E>, &event_, options) {}
    recording_context(const recording_context&) = delete;
    recording_context& operator=(const recording_context&) = delete;

    [[nodiscard]] const E& event() const noexcept { return event_; }
    [[nodiscard]] stentor::context& context() noexcept { return recording_.context(); }
    [[nodiscard]] any_event any() const noexcept { return recording_.any(); }

    template <class Effect>
    [[nodiscard]] std::vector<Effect> published() const {
        return recording_.template published<Effect>();
    }
    [[nodiscard]] std::vector<published_event> published(const pattern& topics) const {
        return recording_.published(topics);
    }
    [[nodiscard]] testing::history history() const { return recording_.history(); }

private:
    E event_;
    detail::recording recording_;
};

// The same for an event without a C++ type, for handlers of patterns.
class recording_text_context : public detail::recording {
public:
    recording_text_context(std::string_view topic, std::string_view text,
                           const recording_options& options = {})
        : recording(topic, text, options) {}
};

}  // namespace stentor::inline v0::testing
