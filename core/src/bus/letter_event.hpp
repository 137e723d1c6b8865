// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/bus/letter_payload.hpp>
#include <stentor/event/event_key.hpp>
#include <stentor/event/event_type.hpp>
#include <stentor/event/slot.hpp>
#include <stentor/resilience/dead_letter.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace stentor::inline v0::detail {

struct route;

// A copy of an event, for its dead letter. Ownership: of the copy. Threads: see dead_letter_object.
class kept_event final : public dead_letter_object {
public:
    // Null: the type cannot be copied. What its copy constructor throws passes through.
    [[nodiscard]] static std::shared_ptr<const kept_event> copy(const event_type& type,
                                                                const void* object);
    ~kept_event() override;

    [[nodiscard]] std::size_t bytes() const noexcept override;
    [[nodiscard]] const event_type* type() const noexcept override { return &type_; }
    [[nodiscard]] const void* object() const noexcept override { return object_; }

private:
    explicit kept_event(const event_type& type) noexcept : type_(type) {}

    const event_type& type_;
    void* object_ = nullptr;
    bool made_ = false;
};

// Of a text its bytes, which are JSON if they begin so; of a C++ event what the codec writes. Where
// there is none, or it cannot, a copy, or nothing when it cannot be copied or the copy throws.
// Throws for want of memory for a text.
[[nodiscard]] dead_letter_payload payload_of_event(const slot_header& slot,
                                                   const letter_codec* codec);

// The order key of the letter's event: of an event that it has, of the type that the key function
// is for. Nothing: the function throws.
[[nodiscard]] std::optional<std::uint64_t> order_key_of(const key_function& keys,
                                                        const route& through,
                                                        const dead_letter& letter);

}  // namespace stentor::inline v0::detail
