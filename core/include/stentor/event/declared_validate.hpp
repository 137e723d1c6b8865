// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/violation.hpp>

#include <concepts>
#include <type_traits>

// An event type may declare what makes its events valid: `void validate(const E&,
// stentor::violations&)` beside the type, where argument-dependent look-up finds it. Every publish
// calls it, in the publisher's thread. It stands in the header of the type, so that every file
// that publishes the type sees it.
namespace stentor::inline v0 {
namespace detail {

template <class E>
concept declares_validate = requires(const E& event, violations& found) {
    { validate(event, found) } -> std::same_as<void>;
};

// Everything that somebody may have meant to be one.
template <class E>
concept declares_some_validate =
    requires(const E& event, violations& found) { validate(event, found); } ||
    requires(E& event, violations& found) { validate(event, found); } ||
    requires(const E& event, violations& found) { validate(event, &found); } ||
    requires(const E& event) { validate(event); };

template <class E>
consteval void require_legal_validate() {
    static_assert(declares_validate<E> || !declares_some_validate<E>,
                  "stentor: the validate() of this event is found, but it has another form. Write "
                  "`void validate(const E& event, stentor::violations& found)` and call "
                  "found.add(path, code, message) for each violation");
}

template <class E>
void call_declared_validate(const void* event, violations& found) {
    validate(*static_cast<const E*>(event), found);
}

}  // namespace detail

// What the type's own validate() says of the event, without a bus. Nothing when it declares none.
template <class E>
[[nodiscard]] violations violations_of(const E& event) {
    violations found;
    detail::require_legal_validate<E>();
    if constexpr (detail::declares_validate<E>) {
        validate(event, found);
    }
    return found;
}

}  // namespace stentor::inline v0
