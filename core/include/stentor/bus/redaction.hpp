// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/bus/interceptor.hpp>
#include <stentor/export.hpp>

#include <string>
#include <type_traits>
#include <utility>

// Interceptors that take out of events what nobody may see: personal data, secrets. They come first
// in bus_options::interceptors, so that not even the others see it; validation, handlers, dead
// letters and records come after all of them.
//
// A function that throws has not masked its event, so the publish is refused; an error text that a
// function throws on is withheld.
namespace stentor::inline v0 {

// Of the events of one type: `mask` is called with E& before each of them is published.
template <event E, class Function>
[[nodiscard]] interceptor redaction(std::string name, Function mask) {
    static_assert(std::is_invocable_v<Function&, E&>,
                  "stentor: the function of redaction<E> is callable as void(E&)");
    interceptor made;
    made.name = std::move(name);
    made.pattern = std::string(event_traits<E>::topic);
    made.before_publish = [mask = std::move(mask)](outgoing_event& one) mutable {
        if (auto* found = one.get_if<E>(); found != nullptr) {
            mask(*found);
        }
    };
    return made;
}

// Of events without a C++ type, by topic: `mask` gets their text.
[[nodiscard]] STENTOR_EXPORT interceptor redaction(std::string name, std::string pattern,
                                                   callback<void(std::string& text)> mask);

// Of what handlers throw and say, which may quote the event: `mask` gets the text before it goes
// into error records, dead letters and reports.
[[nodiscard]] STENTOR_EXPORT interceptor error_redaction(std::string name,
                                                         callback<void(std::string& text)> mask);

}  // namespace stentor::inline v0
