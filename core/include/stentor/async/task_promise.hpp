// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/error.hpp>
#include <stentor/export.hpp>
#include <stentor/registry/coroutine_delivery.hpp>

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

// The compiler's side of task<>: where its result goes, and who goes on after it.
namespace stentor::inline v0 {

template <class Result>
class task;

namespace detail {

// Awaitables that know the engine. They are awaited as they are; all others through a shim, see
// foreign_wait.hpp.
template <class Type>
concept engine_awaitable = requires { typename Type::stentor_awaitable; };

// co_await of a task that was moved from. Raises bus_error.
[[noreturn]] STENTOR_EXPORT void refuse_empty_task();

class task_promise_base {
public:
    // The delivery that this coroutine works for; set before it runs.
    coroutine_delivery* delivery = nullptr;
    // Null: this is the handler itself.
    std::coroutine_handle<> awaiter;

    [[nodiscard]] static void* operator new(std::size_t bytes) { return allocate_coroutine(bytes); }
    static void operator delete(void* memory, std::size_t bytes) noexcept {
        free_coroutine(memory, bytes);
    }

    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }

    struct final_wait {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        [[nodiscard]] std::coroutine_handle<> await_suspend(
            std::coroutine_handle<Promise> ended) const noexcept {
            auto& promise = ended.promise();
            if (promise.awaiter != nullptr) {
                return promise.awaiter;
            }
            promise.delivery->end();
            return std::noop_coroutine();
        }
        void await_resume() const noexcept {}
    };
    [[nodiscard]] final_wait final_suspend() const noexcept { return {}; }

    template <class Awaitable>
    decltype(auto) await_transform(Awaitable&& what);

    void unhandled_exception() noexcept {
#if defined(__cpp_exceptions)
        failure_ = std::current_exception();
#endif
    }

protected:
    void rethrow() const {
#if defined(__cpp_exceptions)
        if (failure_ != nullptr) {
            std::rethrow_exception(failure_);
        }
#endif
    }

private:
#if defined(__cpp_exceptions)
    std::exception_ptr failure_;
#endif
};

template <class Result>
class task_promise final : public task_promise_base {
    static_assert(std::is_object_v<Result> && std::is_move_constructible_v<Result>,
                  "stentor: a task returns void or something that can be moved");

public:
    [[nodiscard]] task<Result> get_return_object() noexcept;
    template <std::convertible_to<Result> Value>
    void return_value(Value&& value) {
        result_.emplace(std::forward<Value>(value));
    }
    Result take() {
        rethrow();
        return std::move(*result_);
    }

private:
    std::optional<Result> result_;
};

template <>
class task_promise<void> final : public task_promise_base {
public:
    [[nodiscard]] task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() const { rethrow(); }
};

}  // namespace detail

}  // namespace stentor::inline v0
