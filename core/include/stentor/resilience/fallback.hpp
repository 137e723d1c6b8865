// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/any_event.hpp>
#include <stentor/event/event_type.hpp>
#include <stentor/event/slot.hpp>
#include <stentor/resilience/failure.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

// What is done with an event when its handler has failed for good, instead of giving it up:
//
//     {.fallback = [](const order_placed& order, const stentor::failure& why) { ... }}
//
// A fallback is a value: copying it shares the function. Threads: it is called where the handler
// was, by several at once where the handler may be.
namespace stentor::inline v0 {

namespace detail {

class fallback_function {
public:
    explicit fallback_function(const event_type* of) noexcept : type(of) {}
    fallback_function(const fallback_function&) = delete;
    fallback_function& operator=(const fallback_function&) = delete;
    virtual ~fallback_function() = default;
    virtual void call(const std::byte* slot, const stentor::failure& why) = 0;

    const event_type* const type;  // null: any_event
};

template <class E, class Function>
class fallback_function_of final : public fallback_function {
public:
    explicit fallback_function_of(Function function)
        : fallback_function(type_or_null()), function_(std::move(function)) {}

    void call(const std::byte* slot, const stentor::failure& why) override {
        if constexpr (std::same_as<E, any_event>) {
            function_(any_event(slot), why);
        } else {
            function_(payload_of<E>(slot), why);
        }
    }

private:
    static constexpr const event_type* type_or_null() noexcept {
        if constexpr (std::same_as<E, any_event>) {
            return nullptr;
        } else {
            return &event_type_of<E>;
        }
    }
    Function function_;
};

// The event that a fallback takes, where its type tells; else void.
template <class Call>
struct fallback_call {
    using type = void;
};
template <class Return, class E>
struct fallback_call<Return (*)(const E&, const stentor::failure&)> {
    using type = E;
};
template <class Return, class Function, class E>
struct fallback_call<Return (Function::*)(const E&, const stentor::failure&)> {
    using type = E;
};
template <class Return, class Function, class E>
struct fallback_call<Return (Function::*)(const E&, const stentor::failure&) const> {
    using type = E;
};
template <class Return, class Function, class E>
struct fallback_call<Return (Function::*)(const E&, const stentor::failure&) noexcept> {
    using type = E;
};
template <class Return, class Function, class E>
struct fallback_call<Return (Function::*)(const E&, const stentor::failure&) const noexcept> {
    using type = E;
};
template <class Function>
struct fallback_event : fallback_call<Function> {};
template <class Function>
    requires requires { &Function::operator(); }
struct fallback_event<Function> : fallback_call<decltype(&Function::operator())> {};

}  // namespace detail

class fallback {
public:
    fallback() noexcept = default;
    template <class Function>
        requires(!std::same_as<std::remove_cvref_t<Function>, fallback>)
    fallback(Function&& function) {  // NOLINT: a lambda is a fallback
        using kept = std::decay_t<Function>;
        using taken = typename detail::fallback_event<kept>::type;
        static_assert(
            !std::is_void_v<taken>,
            "stentor: a fallback takes (const E& event, const stentor::failure& why), with "
            "the type of the event spelled out");
        if constexpr (!std::is_void_v<taken>) {
            function_ = std::make_shared<detail::fallback_function_of<taken, kept>>(
                std::forward<Function>(function));
        }
    }

    [[nodiscard]] explicit operator bool() const noexcept { return function_ != nullptr; }
    // For the engine.
    [[nodiscard]] detail::fallback_function* function() const noexcept { return function_.get(); }
    void forget() noexcept { function_.reset(); }

private:
    std::shared_ptr<detail::fallback_function> function_;
};

}  // namespace stentor::inline v0
