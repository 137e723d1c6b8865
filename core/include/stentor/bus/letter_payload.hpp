// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/event_type.hpp>
#include <stentor/event/json.hpp>
#include <stentor/resilience/dead_letter.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

// Events in dead letters: how a transform reads and replaces them, and how they are written as
// JSON, so that they can leave the process.
namespace stentor::inline v0 {

namespace detail {

template <class E>
class letter_object final : public dead_letter_object {
public:
    explicit letter_object(E event) : event_(std::move(event)) {}
    [[nodiscard]] std::size_t bytes() const noexcept override { return sizeof(*this); }
    [[nodiscard]] const event_type* type() const noexcept override { return &event_type_of<E>; }
    [[nodiscard]] const void* object() const noexcept override { return &event_; }

private:
    E event_;
};

}  // namespace detail

// The event, if the letter has it as an object of that type; else null. Valid as long as the letter
// keeps its payload.
template <event E>
[[nodiscard]] const E* event_in(const dead_letter& letter) noexcept {
    const auto* kept = letter.payload.object.get();
    const auto* type = kept == nullptr ? nullptr : kept->type();
    return type != nullptr && same_type(*type, event_type_of<E>)
               ? static_cast<const E*>(kept->object())
               : nullptr;
}

// A payload for a letter. The event's type must be copyable to be redriven.
template <event E>
[[nodiscard]] dead_letter_payload payload_with(E event) {
    return {.content = dead_letter_content::object,
            .bytes = {},
            .object = std::make_shared<detail::letter_object<E>>(std::move(event))};
}

// How the events of a type are written into letters, and read from them.
// Threads: the functions are called by any number at once.
struct letter_codec {
    const event_type* type = nullptr;
    dead_letter_content content = dead_letter_content::json;
    result<std::string, codec_error> (*write)(const void* object) = nullptr;
    result<std::shared_ptr<const dead_letter_object>, codec_error> (*read)(std::string_view bytes) =
        nullptr;
};

// JSON, for a type that is described with STENTOR_FIELDS.
template <event E>
[[nodiscard]] letter_codec json_letters() noexcept {
    return {.type = &event_type_of<E>,
            .content = dead_letter_content::json,
            .write = [](const void* object) { return to_json(*static_cast<const E*>(object)); },
            .read = [](std::string_view bytes)
                -> result<std::shared_ptr<const dead_letter_object>, codec_error> {
                auto event = from_json<E>(bytes);
                if (!event) {
                    return unexpected(std::move(event).error());
                }
                return std::make_shared<detail::letter_object<E>>(*std::move(event));
            }};
}

}  // namespace stentor::inline v0
