// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/inline_function.hpp>
#include <stentor/event/event_traits.hpp>
#include <stentor/registry/handler_form.hpp>

#include <concepts>
#include <type_traits>
#include <utility>

namespace stentor::inline v0 {

namespace detail {

template <class E>
consteval bool is_handled() {
    if constexpr (!std::same_as<E, any_event>) {
        require_event<E>();
    }
    return true;
}

}  // namespace detail

// Anything that can be called with an event, or with several:
//
//   void(const E&)                         void(const E&, stentor::context&)
//   void(std::span<const E* const>)        void(std::span<const E* const>, stentor::context&)
//
// Each may return stentor::outcome instead of void. Those of one event may be coroutines and return
// stentor::task<> or task<outcome>, see async/task.hpp. A function that fits several forms is
// called in the first of them that has a context, one event before many. A span holds consecutive
// queued events, as many as there are, at most 128; the context is that of the first.
//
// Move-only; a function object of up to 48 bytes is kept without allocation. Called by runners, by
// several at once unless the subscription says otherwise, so it must be safe for that. What it
// throws is charged to the delivery, or to all of the span.
template <class E>
class handler {
    static_assert(detail::is_handled<E>());

public:
    template <class Function>
        requires(!std::same_as<std::remove_cvref_t<Function>, handler>)
    handler(Function&& function)  // NOLINT(google-explicit-constructor): a lambda is a handler
        : compiled_(compile(std::forward<Function>(function))) {}

    [[nodiscard]] detail::compiled_handler take() && { return std::move(compiled_); }

private:
    template <class Function>
    static detail::compiled_handler compile(Function&& function) {
        using stored = std::decay_t<Function>;
        constexpr bool legal = detail::shape_of<stored, E>() != detail::handler_shape::none;
        static_assert(legal,
                      "stentor: a handler of event E is callable as void(const E&), as void(const "
                      "E&, stentor::context&) or as void(std::span<const E* const>) with or "
                      "without stentor::context&, and may return stentor::outcome instead of void; "
                      "of a pattern, E is stentor::any_event");
        if constexpr (legal) {
            using form = detail::coroutine_form<typename detail::handler_result<stored, E>::type>;
            if constexpr (!form::is) {
                require_result<typename detail::handler_result<stored, E>::type>();
            }
            if constexpr (std::is_pointer_v<std::remove_cvref_t<Function>> ||
                          requires { function.operator bool(); }) {
                if (!static_cast<bool>(function)) {
                    return {};  // refused, with a message, when the subscription is made
                }
            }
            using detail::handler_traits;
            constexpr handler_traits traits{
                .batch = detail::takes_batch<stored, E>,
                .answers = detail::answers_outcome<stored, E> || form::answers,
                .coroutine = form::is,
                .bare = detail::bare_call<E, stored>()};
            static_assert(!(traits.batch && traits.coroutine),
                          "stentor: a coroutine handles one event, not a span of them");
            if constexpr (traits.coroutine) {
                return {typename form::template loop<E, stored>{std::forward<Function>(function)},
                        traits};
            } else if constexpr (traits.batch) {
                return {detail::batch_loop<E, stored>{std::forward<Function>(function)}, traits};
            } else {
                return {detail::handler_loop<E, stored>{std::forward<Function>(function)}, traits};
            }
        } else {
            return {};
        }
    }

    template <class Result>
    static constexpr void require_result() {
        static_assert(
            std::is_void_v<Result> || std::same_as<Result, outcome>,
            "stentor: a handler returns void or stentor::outcome, or is a coroutine of "
            "stentor::task<> or task<outcome>; to say that it failed, it throws, or returns "
            "outcome::reject(why)");
    }

    detail::compiled_handler compiled_;
};

}  // namespace stentor::inline v0
