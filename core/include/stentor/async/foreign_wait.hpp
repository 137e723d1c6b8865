// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/async/task_promise.hpp>
#include <stentor/registry/coroutine_delivery.hpp>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

// Awaiting what the engine does not know. Such an awaitable keeps the handle that it is given and
// resumes it when it likes: perhaps on a thread of its own, perhaps after the subscription is over,
// perhaps never. So it never gets our coroutine's handle, but that of a shim: a coroutine of its
// own, which holds the awaitable and its result, and a ticket for the wait.
//
//   resumed:    the shim takes the result and completes the ticket; our coroutine goes on
//   cancelled:  the ticket is void, our coroutine is destroyed, the shim stays with the awaitable
//   later on:   the awaitable resumes the shim, which finds its ticket void, and ends
//
// The shim is destroyed by whoever comes last, its own end or our coroutine. An awaitable that
// never resumes keeps its shim for ever, because it may still do so.
namespace stentor::inline v0::detail {

template <class Type>
concept awaiter_like = requires(Type& it) {
    it.await_ready();
    it.await_resume();
};
template <class Type>
concept awaitable = awaiter_like<std::remove_reference_t<Type>> || requires(Type&& it) {
    std::forward<Type>(it).operator co_await();
} || requires(Type&& it) { operator co_await(std::forward<Type>(it)); };

template <class Awaitable>
decltype(auto) awaiter_of(Awaitable&& what) {
    if constexpr (requires { std::forward<Awaitable>(what).operator co_await(); }) {
        return std::forward<Awaitable>(what).operator co_await();
    } else if constexpr (requires { operator co_await(std::forward<Awaitable>(what)); }) {
        return operator co_await(std::forward<Awaitable>(what));
    } else {
        return std::forward<Awaitable>(what);
    }
}

class shim_promise_base {
public:
    std::shared_ptr<wait_ticket> ticket;

    [[nodiscard]] static void* operator new(std::size_t bytes) { return allocate_coroutine(bytes); }
    static void operator delete(void* memory, std::size_t bytes) noexcept {
        free_coroutine(memory, bytes);
    }
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }

    struct final_wait {
        [[nodiscard]] bool await_ready() const noexcept { return false; }
        template <class Promise>
        void await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
            const auto right = std::move(ended.promise().ticket);
            right->complete();
            let_go(ended);
        }
        void await_resume() const noexcept {}
    };
    [[nodiscard]] final_wait final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept {
#if defined(__cpp_exceptions)
        failure_ = std::current_exception();
#endif
    }

    // By each of the two owners, the shim's own end and the coroutine that awaits.
    template <class Promise>
    static void let_go(std::coroutine_handle<Promise> shim) noexcept {
        // acq_rel: the last one destroys what both have used. [PAIR shim]
        if (shim.promise().owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            shim.destroy();
        }
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
    std::atomic<int> owners_{2};
#if defined(__cpp_exceptions)
    std::exception_ptr failure_;
#endif
};

template <class Result>
struct shim {
    class promise_type final : public shim_promise_base {
        using kept = std::conditional_t<std::is_reference_v<Result>,
                                        std::add_pointer_t<std::remove_reference_t<Result>>,
                                        std::remove_cv_t<Result>>;

    public:
        [[nodiscard]] shim get_return_object() noexcept {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        void return_value(Result value) {
            if constexpr (std::is_reference_v<Result>) {
                result_.emplace(std::addressof(value));
            } else {
                result_.emplace(std::move(value));
            }
        }
        Result take() {
            rethrow();
            if constexpr (std::is_reference_v<Result>) {
                return static_cast<Result>(**result_);
            } else {
                return std::move(*result_);
            }
        }

    private:
        std::optional<kept> result_;
    };
    std::coroutine_handle<promise_type> coroutine;
};

template <>
struct shim<void> {
    class promise_type final : public shim_promise_base {
    public:
        [[nodiscard]] shim get_return_object() noexcept {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        void return_void() const noexcept {}
        void take() const { rethrow(); }
    };
    std::coroutine_handle<promise_type> coroutine;
};

// `what` is a reference for something that its owner keeps alive, else a value, which the shim
// owns.
template <class Result, class Kept>
shim<Result> watch_over(Kept what) {
    co_return co_await static_cast<Kept&&>(what);
}

template <class Awaitable>
class foreign_wait {
    using result = decltype(awaiter_of(std::declval<Awaitable>()).await_resume());
    using kept = std::conditional_t<std::is_lvalue_reference_v<Awaitable>, Awaitable,
                                    std::remove_cvref_t<Awaitable>>;
    using coroutine = std::coroutine_handle<typename shim<result>::promise_type>;

public:
    explicit foreign_wait(Awaitable&& what)
        : shim_(watch_over<result, kept>(std::forward<Awaitable>(what)).coroutine) {}
    foreign_wait(const foreign_wait&) = delete;
    foreign_wait& operator=(const foreign_wait&) = delete;
    ~foreign_wait() {
        if (!begun_) {
            shim_.destroy();
        } else {
            shim_promise_base::let_go(shim_);
        }
    }

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> awaiter) {
        auto& delivery = *awaiter.promise().delivery;
        delivery.suspend_at(awaiter);
        auto ticket = delivery.wait_for_ticket(coroutine_delivery::wait_for_ever);
        if (ticket == nullptr) {
            raise(error::out_of_memory());
        }
        shim_.promise().ticket = std::move(ticket);
        begun_ = true;
        shim_.resume();
        return true;
    }
    result await_resume() { return shim_.promise().take(); }

private:
    coroutine shim_;
    bool begun_ = false;
};

}  // namespace stentor::inline v0::detail
