// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/event_type.hpp>
#include <stentor/event/metadata.hpp>
#include <stentor/event/pattern.hpp>
#include <stentor/event/publish_result.hpp>
#include <stentor/testing/export.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

// What was published, in the order in which the publishes began, by whom and because of what.
//
// Threads: values. Progress: making and printing allocate.

namespace stentor::inline v0::testing {

namespace detail {
struct publication;
}  // namespace detail

// One call of publish. Cheap to copy; copies share what they tell.
class STENTOR_TESTING_EXPORT published_event {
public:
    explicit published_event(std::shared_ptr<const detail::publication> what) noexcept
        : what_(std::move(what)) {}

    [[nodiscard]] std::string_view topic() const noexcept;
    [[nodiscard]] publish_status status() const noexcept;
    // Somebody got it, or nobody wanted it; false when it was refused.
    [[nodiscard]] bool went_out() const noexcept;
    // Nil when nobody got it.
    [[nodiscard]] event_id id() const noexcept;
    // The event's own id when none was given or inherited.
    [[nodiscard]] std::string correlation_id() const;
    // The event whose handler published this one.
    [[nodiscard]] std::optional<event_id> causation_id() const noexcept;
    [[nodiscard]] std::int32_t depth() const noexcept;
    // The subscription whose handler published it; empty when it came from outside.
    [[nodiscard]] std::string_view publisher() const noexcept;
    [[nodiscard]] std::string_view user_id() const noexcept;
    [[nodiscard]] std::string_view key() const noexcept;
    [[nodiscard]] std::chrono::system_clock::time_point time() const noexcept;

    // A copy of the event as it was published. Null when it is of another type, or when its type
    // cannot be copied.
    template <event E>
    [[nodiscard]] const E* as() const noexcept {
        return static_cast<const E*>(value_of(event_type_of<E>));
    }
    // The text of an event without a C++ type; else empty.
    [[nodiscard]] std::string_view text() const noexcept;

private:
    [[nodiscard]] const void* value_of(const event_type& type) const noexcept;

    std::shared_ptr<const detail::publication> what_;
};

class STENTOR_TESTING_EXPORT history {
public:
    history() = default;
    explicit history(std::vector<published_event> events) noexcept : events_(std::move(events)) {}

    // All calls of publish, refused ones included.
    [[nodiscard]] const std::vector<published_event>& all() const noexcept { return events_; }

    // Copies of the events of a type that went out.
    template <event E>
    [[nodiscard]] std::vector<E> published() const {
        static_assert(std::is_copy_constructible_v<E>,
                      "stentor: events of this type cannot be copied, so the kit has none to show; "
                      "ask for published(pattern(\"topic\")), or let a handler note what it sees");
        std::vector<E> found;
        for (const auto& one : events_) {
            if (const auto* value = one.as<E>(); value != nullptr && one.went_out()) {
                found.push_back(*value);
            }
        }
        return found;
    }
    // The events that went out with a topic that matches.
    [[nodiscard]] std::vector<published_event> published(const pattern& topics) const;

    // Null: nobody got an event with this id.
    [[nodiscard]] const published_event* find(event_id id) const noexcept;
    // The event of this history that caused the given one. Null: none did.
    [[nodiscard]] const published_event* cause_of(const published_event& effect) const noexcept;
    // The topics from the first cause to the event: "order.placed -> stock.reserved".
    [[nodiscard]] std::string chain_of(const published_event& last) const;

    // A line for each event, for people.
    [[nodiscard]] std::string to_string() const;

private:
    std::vector<published_event> events_;
};

}  // namespace stentor::inline v0::testing
