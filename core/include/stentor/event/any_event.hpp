// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/metadata.hpp>
#include <stentor/event/slot.hpp>
#include <stentor/export.hpp>

#include <string_view>

namespace stentor::inline v0 {

// An event of a type that the handler does not know, as pattern subscriptions see it. A view: valid
// during the call it was passed to. Reading is thread-safe and wait-free.
class STENTOR_EXPORT any_event {
public:
    explicit any_event(const std::byte* slot) noexcept : slot_(slot) {}

    [[nodiscard]] std::string_view topic() const noexcept;
    [[nodiscard]] event_id id() const noexcept;
    [[nodiscard]] stentor::metadata metadata() const noexcept;
    // header_at(i) for i < metadata().header_count.
    [[nodiscard]] header header_at(std::uint32_t index) const noexcept;

    // Null when the event is of another type, or untyped.
    template <event E>
    [[nodiscard]] const E* as() const noexcept {
        const auto* actual = type();
        return actual != nullptr && same_type(*actual, event_type_of<E>)
                   ? &detail::payload_of<E>(slot_)
                   : nullptr;
    }

    // The text of an event that was published without a C++ type; else empty.
    [[nodiscard]] std::string_view text() const noexcept;
    // Null for an untyped event.
    [[nodiscard]] const event_type* type() const noexcept;

private:
    const std::byte* slot_;
};

template <event E>
[[nodiscard]] const E* get_if(const any_event& event) noexcept {
    return event.as<E>();
}

}  // namespace stentor::inline v0
