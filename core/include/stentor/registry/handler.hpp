// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/inline_function.hpp>
#include <stentor/event/any_event.hpp>
#include <stentor/registry/context.hpp>
#include <stentor/registry/delivery_frame.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace stentor::inline v0 {

namespace detail {

template <class E>
struct handled {
    static const E& value(const std::byte* slot) noexcept { return payload_of<E>(slot); }
};
template <>
struct handled<any_event> {
    static any_event value(const std::byte* slot) noexcept { return any_event(slot); }
};

// A user's function with the loop that calls it: one indirect call per stretch of events.
template <class E, class Function>
struct handler_loop {
    Function function;

    void operator()(delivery_frame& frame) {
        for (; frame.index < frame.end; ++frame.index) {
            if (frame.interrupted()) {
                return;
            }
            if constexpr (std::is_invocable_v<Function&, const E&, context&>) {
                function(handled<E>::value(frame.slot()), *frame.context);
            } else {
                function(handled<E>::value(frame.slot()));
            }
        }
    }
};

template <class E>
consteval bool is_handled() {
    if constexpr (!std::same_as<E, any_event>) {
        require_event<E>();
    }
    return true;
}

template <class Function, class E>
concept handler_form =
    std::is_invocable_v<Function&, const E&, context&> || std::is_invocable_v<Function&, const E&>;

}  // namespace detail

// Anything that can be called with an event: `void(const E&)` or `void(const E&,
// stentor::context&)`.
// Move-only; a function object of up to 48 bytes is kept without allocation. Called by runners, by
// several at once unless the subscription says otherwise, so it must be safe for that. What it
// throws is charged to the delivery.
template <class E>
class handler {
    static_assert(detail::is_handled<E>());

public:
    template <class Function>
        requires(!std::same_as<std::remove_cvref_t<Function>, handler>)
    handler(Function&& function)  // NOLINT(google-explicit-constructor): a lambda is a handler
        : loop_(make(std::forward<Function>(function))) {}

    [[nodiscard]] inline_function<void(detail::delivery_frame&)> take() && {
        return std::move(loop_);
    }

private:
    using loop = inline_function<void(detail::delivery_frame&)>;

    template <class Function>
    static loop make(Function&& function) {
        using stored = std::decay_t<Function>;
        constexpr bool legal = detail::handler_form<stored, E>;
        static_assert(legal,
                      "stentor: a handler of event E is callable as void(const E&) or as "
                      "void(const E&, stentor::context&); of a pattern, E is stentor::any_event");
        if constexpr (legal) {
            constexpr bool with_context = std::is_invocable_v<stored&, const E&, context&>;
            if constexpr (with_context) {
                require_void<std::invoke_result_t<stored&, const E&, context&>>();
            } else {
                require_void<std::invoke_result_t<stored&, const E&>>();
            }
            if constexpr (std::is_pointer_v<std::remove_cvref_t<Function>> ||
                          requires { function.operator bool(); }) {
                if (!static_cast<bool>(function)) {
                    return loop();  // refused, with a message, when the subscription is made
                }
            }
            return loop(detail::handler_loop<E, stored>{std::forward<Function>(function)});
        } else {
            return loop();
        }
    }

    template <class Result>
    static constexpr void require_void() {
        static_assert(std::is_void_v<Result>,
                      "stentor: a handler returns void; to say that it failed, it throws");
    }

    loop loop_;
};

}  // namespace stentor::inline v0
