// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/event_type.hpp>
#include <stentor/event/metadata.hpp>
#include <stentor/export.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace stentor::inline v0::detail {

// An event that no bus has: the slot that a handler or a context wants to look at, with the
// metadata that the caller chooses. For handlers that are tested alone.
//
// Threads: reading is thread-safe. Progress: making one allocates.
class STENTOR_EXPORT lone_event {
public:
    struct origin {
        publish_options options{};  // `id` is the event's; without one it gets the nil id
        std::optional<event_id> causation_id{};
        std::int32_t depth = 0;
        std::int64_t unix_ns = 0;
    };

    // A typed event. `object` must live as long as this when the type does not fit a slot.
    lone_event(const event_type& type, const void* object, const origin& about);
    // An event without a C++ type.
    lone_event(std::string_view topic, std::string_view text, const origin& about);
    lone_event(const lone_event&) = delete;
    lone_event& operator=(const lone_event&) = delete;
    ~lone_event();

    [[nodiscard]] const std::byte* slot() const noexcept;

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace stentor::inline v0::detail
