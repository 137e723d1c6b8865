// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/async/task.hpp>
#include <stentor/base/error.hpp>
#include <stentor/event/any_event.hpp>
#include <stentor/event/slot.hpp>
#include <stentor/registry/coroutine_delivery.hpp>
#include <stentor/registry/delivery_frame.hpp>
#include <stentor/registry/handler_form.hpp>
#include <stentor/registry/outcome.hpp>

#include <coroutine>
#include <type_traits>
#include <utility>

// Handlers that are coroutines: `task<>(const E&)` and `task<>(const E&, context&)`, or
// `task<outcome>`. The event and the context that the coroutine gets are the delivery's own and
// live as long as it does.
namespace stentor::inline v0::detail {

// The loop over a stretch of events. Each is taken out of its slot, the function is called with it,
// and the coroutine that it returns runs until it first waits, or to its end.
template <class E, class Function, class Result>
struct coroutine_loop {
    Function function;

    void operator()(delivery_frame& frame) {
        for (; frame.index < frame.end; ++frame.index) {
            if (frame.interrupted()) {
                return;
            }
            auto& host = *frame.host;
            auto* one = host.detach(frame);
            if (one == nullptr) {
                raise(error::out_of_memory());
            }
            host.start(frame, *one, begin(host, *one), &conclude);
        }
    }

private:
    // A function that throws instead of returning a coroutine has failed like any handler.
    struct undo {
        coroutine_host& host;
        coroutine_delivery* one;
        ~undo() {
            if (one != nullptr) {
                host.give_up(*one);
            }
        }
    };

    std::coroutine_handle<> begin(coroutine_host& host, coroutine_delivery& one) {
        undo unless_begun{host, &one};
        auto made = call(one);
        if (!made) {
            refuse_empty_task();
        }
        const auto coroutine = made.release();
        coroutine.promise().delivery = &one;
        unless_begun.one = nullptr;
        return coroutine;
    }

    task<Result> call(coroutine_delivery& one) {
        const E& event = [&]() -> const E& {
            if constexpr (std::is_same_v<E, any_event>) {
                return one.event;
            } else {
                return payload_of<E>(one.slot);
            }
        }();
        if constexpr (std::is_invocable_v<Function&, const E&, context&>) {
            return function(event, *one.about);
        } else {
            return function(event);
        }
    }

    static outcome conclude(std::coroutine_handle<> root) {
        auto& ended =
            std::coroutine_handle<task_promise<Result>>::from_address(root.address()).promise();
        if constexpr (std::is_void_v<Result>) {
            ended.take();
            return outcome::done();
        } else {
            return ended.take();
        }
    }
};

template <class Result>
    requires(std::is_void_v<Result> || std::is_same_v<Result, outcome>)
struct coroutine_form<task<Result>> {
    static constexpr bool is = true;
    static constexpr bool answers = !std::is_void_v<Result>;
    template <class E, class Function>
    using loop = coroutine_loop<E, Function, Result>;
};

}  // namespace stentor::inline v0::detail
