// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/async/foreign_wait.hpp>
#include <stentor/async/task_promise.hpp>

#include <coroutine>
#include <type_traits>
#include <utility>

namespace stentor::inline v0 {

// What a coroutine handler returns, and what coroutines that it calls return.
//
// Lazy: nothing runs before it is awaited, or, as a handler's result, started by the engine. One
// coroutine, one owner: move-only, and destroying it destroys the coroutine, wherever it waits. May
// be awaited once, by another task; what it throws, its awaiter gets. Awaiting and returning switch
// from one coroutine to the other without growing the stack.
//
// It can be used only inside handlers: its waits need the engine. Not for generators.
//
// Threads: as the handler that it belongs to, which may go on on another thread after each co_await
// but is never on two at once.
template <class Result = void>
class [[nodiscard]] task {
public:
    using promise_type = detail::task_promise<Result>;

    task() noexcept = default;
    explicit task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}
    task(task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        if (this != &other) {
            reset();
            coroutine_ = std::exchange(other.coroutine_, nullptr);
        }
        return *this;
    }
    ~task() { reset(); }

    [[nodiscard]] explicit operator bool() const noexcept { return coroutine_ != nullptr; }

    // For the engine.
    [[nodiscard]] std::coroutine_handle<promise_type> release() noexcept {
        return std::exchange(coroutine_, nullptr);
    }

private:
    void reset() noexcept {
        if (coroutine_ != nullptr) {
            std::exchange(coroutine_, nullptr).destroy();
        }
    }

    std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {

template <class Type>
inline constexpr bool is_task = false;
template <class Result>
inline constexpr bool is_task<task<Result>> = true;

// Awaiting a task: it runs now, and its awaiter goes on when it has ended.
template <class Result>
class task_wait {
public:
    explicit task_wait(task<Result>&& awaited) noexcept : awaited_(awaited.release()) {}
    task_wait(const task_wait&) = delete;
    task_wait& operator=(const task_wait&) = delete;
    ~task_wait() {
        if (awaited_ != nullptr) {
            awaited_.destroy();
        }
    }

    [[nodiscard]] bool await_ready() const noexcept { return awaited_ == nullptr; }
    template <class Promise>
    [[nodiscard]] std::coroutine_handle<> await_suspend(
        std::coroutine_handle<Promise> awaiter) noexcept {
        auto& inner = awaited_.promise();
        inner.delivery = awaiter.promise().delivery;
        inner.awaiter = awaiter;
        return awaited_;
    }
    Result await_resume() {
        if (awaited_ == nullptr) {
            refuse_empty_task();
        }
        return awaited_.promise().take();
    }

private:
    std::coroutine_handle<task_promise<Result>> awaited_;
};

// One of our own awaitables, where it is. By reference, because GCC 12 copies what await_transform
// returns by reference; trivially destructible, because it destroys some temporaries twice.
template <class Wait>
class engine_wait {
public:
    explicit engine_wait(Wait& where) noexcept : of_(&where) {}
    [[nodiscard]] bool await_ready() const noexcept { return of_->await_ready(); }
    // void, or false: there is nothing to wait for.
    template <class Promise>
    auto await_suspend(std::coroutine_handle<Promise> awaiter) const {
        return of_->await_suspend(awaiter);
    }
    decltype(auto) await_resume() const { return of_->await_resume(); }

private:
    Wait* of_;
};

template <class Result>
task<Result> task_promise<Result>::get_return_object() noexcept {
    return task<Result>(std::coroutine_handle<task_promise>::from_promise(*this));
}

inline task<void> task_promise<void>::get_return_object() noexcept {
    return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

template <class Awaitable>
decltype(auto) task_promise_base::await_transform(Awaitable&& what) {
    using plain = std::remove_cvref_t<Awaitable>;
    if constexpr (is_task<plain>) {
        static_assert(!std::is_lvalue_reference_v<Awaitable>,
                      "stentor: a task is awaited once; write co_await std::move(it)");
        return task_wait(std::forward<Awaitable>(what));
    } else if constexpr (engine_awaitable<plain>) {
        return engine_wait<plain>(what);
    } else if constexpr (awaitable<Awaitable>) {
        return foreign_wait<Awaitable>(std::forward<Awaitable>(what));
    } else {
        static_assert(awaitable<Awaitable>, "stentor: this cannot be awaited");
        return std::suspend_never{};
    }
}

}  // namespace detail

}  // namespace stentor::inline v0
