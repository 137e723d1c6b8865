// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/error.hpp>
#include <stentor/registry/coroutine_delivery.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace stentor::inline v0 {

class context;

namespace detail {

// What a user's executor is given: something to call once, on the thread where the coroutine shall
// go on. Copies are the same call. Dropped without being called, the coroutine stays where it is
// until its subscription or the bus ends.
class resumption {
public:
    explicit resumption(std::shared_ptr<wait_ticket> right) noexcept : right_(std::move(right)) {}
    void operator()() const { right_->resume_here(); }

private:
    std::shared_ptr<wait_ticket> right_;
};

template <class Executor>
concept takes_post = requires(Executor& where, resumption what) { where.post(std::move(what)); };
template <class Executor>
concept takes_execute =
    requires(Executor& where, resumption what) { where.execute(std::move(what)); };

template <class Executor>
class resume_on_wait {
public:
    using stentor_awaitable = void;
    explicit resume_on_wait(Executor& where) noexcept : where_(&where) {}
    resume_on_wait(const resume_on_wait&) = delete;
    resume_on_wait& operator=(const resume_on_wait&) = delete;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> mover) {
        delivery_ = mover.promise().delivery;
        delivery_->suspend_at(mover);
        delivery_->sent_by(&send_again, this);
        send();
    }
    void await_resume() const {
#if defined(__cpp_exceptions)
        if (failure_ != nullptr) {
            std::rethrow_exception(failure_);
        }
#endif
    }

private:
    void send() {
        auto right = delivery_->wait_for_ticket(coroutine_delivery::wait_for_ever);
        if (right == nullptr) {
            raise(error::out_of_memory());
        }
        if constexpr (takes_post<Executor>) {
            where_->post(resumption(std::move(right)));
        } else {
            where_->execute(resumption(std::move(right)));
        }
    }
    static bool send_again(void* self) noexcept {
        auto& mine = *static_cast<resume_on_wait*>(self);
#if defined(__cpp_exceptions)
        try {
            mine.send();
        } catch (...) {
            mine.failure_ = std::current_exception();
            return false;
        }
#else
        mine.send();
#endif
        return true;
    }

    Executor* where_;
    coroutine_delivery* delivery_ = nullptr;
#if defined(__cpp_exceptions)
    std::exception_ptr failure_;
#endif
};

class resume_on_runner_wait {
public:
    using stentor_awaitable = void;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> mover) const noexcept {
        auto& delivery = *mover.promise().delivery;
        delivery.suspend_at(mover);
        delivery.wait_for({});
    }
    void await_resume() const noexcept {}
};

}  // namespace detail

// `co_await stentor::resume_on(loop)`: the handler goes on where `loop` runs what it is given by
// `loop.post(f)` or `loop.execute(f)`; f is copyable and called once. The loop outlives the wait.
// There it runs outside the engine: no runner is held up by it, and an unsubscribe() from there is
// always deferred. Its next wait, of whatever kind, brings it back to a runner.
template <class Executor>
    requires(detail::takes_post<Executor> || detail::takes_execute<Executor>)
[[nodiscard]] detail::resume_on_wait<Executor> resume_on(Executor& where) noexcept {
    return detail::resume_on_wait<Executor>(where);
}

// Back to the engine's runners, or, from one of them, behind what is ready there.
[[nodiscard]] inline detail::resume_on_runner_wait resume_on(const context&) noexcept {
    return {};
}

}  // namespace stentor::inline v0
