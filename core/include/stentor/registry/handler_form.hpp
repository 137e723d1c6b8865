// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/inline_function.hpp>
#include <stentor/event/any_event.hpp>
#include <stentor/registry/context.hpp>
#include <stentor/registry/delivery_frame.hpp>
#include <stentor/registry/outcome.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

// The shapes that a handler may have, and the loop that calls each of them over a stretch of
// events. All at compile time: what the engine calls is one function per stretch.
namespace stentor::inline v0::detail {

template <class E>
struct handled {
    static const E& value(const std::byte* slot) noexcept { return payload_of<E>(slot); }
};
template <>
struct handled<any_event> {
    static any_event value(const std::byte* slot) noexcept { return any_event(slot); }
};

template <class E>
using event_batch = std::span<const E* const>;

enum class handler_shape { none, event_context, event, batch_context, batch };

// The first that fits counts, so a generic lambda is called with an event.
template <class Function, class E>
consteval handler_shape shape_of() {
    if constexpr (std::is_invocable_v<Function&, const E&, context&>) {
        return handler_shape::event_context;
    } else if constexpr (std::is_invocable_v<Function&, const E&>) {
        return handler_shape::event;
    } else if constexpr (std::is_invocable_v<Function&, event_batch<E>, context&>) {
        return handler_shape::batch_context;
    } else if constexpr (std::is_invocable_v<Function&, event_batch<E>>) {
        return handler_shape::batch;
    } else {
        return handler_shape::none;
    }
}

template <class Function, class E, handler_shape Shape = shape_of<Function, E>()>
struct handler_result {
    using type = void;
};
template <class Function, class E>
struct handler_result<Function, E, handler_shape::event_context> {
    using type = std::invoke_result_t<Function&, const E&, context&>;
};
template <class Function, class E>
struct handler_result<Function, E, handler_shape::event> {
    using type = std::invoke_result_t<Function&, const E&>;
};
template <class Function, class E>
struct handler_result<Function, E, handler_shape::batch_context> {
    using type = std::invoke_result_t<Function&, event_batch<E>, context&>;
};
template <class Function, class E>
struct handler_result<Function, E, handler_shape::batch> {
    using type = std::invoke_result_t<Function&, event_batch<E>>;
};

template <class Function, class E>
inline constexpr bool answers_outcome =
    std::same_as<typename handler_result<Function, E>::type, outcome>;

template <class Function, class E>
inline constexpr bool takes_batch = shape_of<Function, E>() == handler_shape::batch ||
                                    shape_of<Function, E>() == handler_shape::batch_context;

// What a handler returns is a coroutine; specialised where the loop for it is (see
// async/coroutine_handler.hpp).
template <class Result>
struct coroutine_form {
    static constexpr bool is = false;
    static constexpr bool answers = false;
};

// What the engine must know about a handler beside how to call it.
struct handler_traits {
    bool batch = false;    // wants consecutive events in one call
    bool answers = false;  // returns an outcome, so it may give an event back
    bool coroutine = false;
    // Calls it for one event, wherever that lies. Null: it wants more than the event, or the event
    // is no plain object.
    void (*bare)(inline_function<void(delivery_frame&)>& handler,
                 const std::byte* payload) = nullptr;
};

// A handler as the engine keeps it.
struct compiled_handler {
    inline_function<void(delivery_frame&)> call;
    handler_traits traits;
};

template <class Function, class... Args>
void call_handler(delivery_frame& frame, Function& function, Args&&... args) {
    if constexpr (std::same_as<std::invoke_result_t<Function&, Args...>, outcome>) {
        outcome said = function(std::forward<Args>(args)...);
        if (said.what() != outcome::verdict::done && frame.judge != nullptr) [[unlikely]] {
            frame.judge(frame, said);
        }
    } else {
        static_cast<void>(function(std::forward<Args>(args)...));
    }
}

// A user's function with the loop that calls it: one indirect call per stretch of events.
template <class E, class Function>
struct handler_loop {
    Function function;

    void operator()(delivery_frame& frame) {
        // In registers, because for all the compiler knows the function changes the frame.
        const auto& closed = *frame.closed;
        const auto& attention = *frame.attention;
        const auto stride = frame.stride;
        const auto end = frame.end;
        const auto* slot = frame.slot();
        for (std::size_t index = frame.index; index < end; slot += stride) {
            if (closed.load(std::memory_order_relaxed) ||
                attention.load(std::memory_order_relaxed)) {
                return;
            }
            if constexpr (shape_of<Function, E>() == handler_shape::event_context) {
                call_handler(frame, function, handled<E>::value(slot), *frame.context);
            } else {
                call_handler(frame, function, handled<E>::value(slot));
            }
            frame.index = ++index;
        }
    }
};

template <class E, class Function>
consteval auto bare_call() noexcept -> decltype(handler_traits::bare) {
    if constexpr (!std::same_as<E, any_event>) {
        if constexpr (fits_slot<E> && shape_of<Function, E>() == handler_shape::event &&
                      std::is_void_v<typename handler_result<Function, E>::type>) {
            return [](inline_function<void(delivery_frame&)>& handler, const std::byte* payload) {
                handler.stored<handler_loop<E, Function>>().function(
                    *std::launder(reinterpret_cast<const E*>(payload)));
            };
        }
    }
    return nullptr;
}

// Pointers to the events of a batch, and for patterns the views that they point to.
template <class E>
struct batch_view {
    std::array<const E*, batch_events_max> events;

    void set(std::size_t at, const std::byte* slot) noexcept {
        events[at] = std::addressof(handled<E>::value(slot));
    }
};
template <>
struct batch_view<any_event> {
    std::array<const any_event*, batch_events_max> events;
    alignas(any_event) std::byte views[batch_events_max * sizeof(any_event)];
    static_assert(std::is_trivially_destructible_v<any_event>);

    void set(std::size_t at, const std::byte* slot) noexcept {
        events[at] = ::new (views + at * sizeof(any_event)) any_event(slot);
    }
};

template <class E, class Function>
struct batch_loop {
    Function function;

    void operator()(delivery_frame& frame) {
        while (frame.index < frame.end) {
            if (frame.interrupted()) {
                return;
            }
            batch_view<E> view;
            const auto left = frame.end - frame.index;
            frame.taken = left < batch_events_max ? left : batch_events_max;
            for (std::size_t at = 0; at < frame.taken; ++at) {
                view.set(at, frame.slots + (frame.index + at) * frame.stride);
            }
            const event_batch<E> batch(view.events.data(), frame.taken);
            if constexpr (shape_of<Function, E>() == handler_shape::batch_context) {
                call_handler(frame, function, batch, *frame.context);
            } else {
                call_handler(frame, function, batch);
            }
            frame.index += frame.taken;
        }
    }
};

}  // namespace stentor::inline v0::detail
