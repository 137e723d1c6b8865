// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/any_event.hpp>
#include <stentor/export.hpp>
#include <stentor/registry/outcome.hpp>

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>

// A delivery whose handler is a coroutine, as the coroutine's own machinery sees it. Engine
// internals, in a public header because coroutines are compiled against it.
//
// The rule that makes all the rest simple: a coroutine that suspends only says what it waits for.
// Its thread then returns to the engine, which declares it to be waiting; before that nobody else
// can resume it, whatever has already happened. And whoever completes a wait does not resume the
// coroutine either, but hands it to a runner.
namespace stentor::inline v0 {
class context;
}  // namespace stentor::inline v0

namespace stentor::inline v0::detail {

struct delivery_frame;

// The right to end one wait of one coroutine, held by something that the engine does not know: a
// foreign awaitable, a user's executor. Counted; harmless when the coroutine has gone on, has been
// cancelled, or the whole bus is gone. Any thread.
class wait_ticket {
public:
    // The coroutine goes on, on a runner.
    virtual void complete() noexcept = 0;
    // The coroutine goes on now, on the calling thread, until it waits again or ends.
    virtual void resume_here() noexcept = 0;

protected:
    ~wait_ticket() = default;
};

class coroutine_delivery {
public:
    coroutine_delivery() = default;
    coroutine_delivery(const coroutine_delivery&) = delete;
    coroutine_delivery& operator=(const coroutine_delivery&) = delete;

    // The event, wherever its slot was, and what its handler may know about it.
    const std::byte* slot = nullptr;
    any_event event{nullptr};
    context* about = nullptr;

    // For the coroutine that runs, before it suspends for anything but another task: where to go
    // on, and one of the waits below.
    void suspend_at(std::coroutine_handle<> where) noexcept { resume_point_ = where; }
    // The coroutine goes on, on a runner, after a while; without one, after what is ready already.
    virtual void wait_for(std::chrono::nanoseconds time) noexcept = 0;
    // When the ticket says so, or on a runner after that time. Null: no memory.
    static constexpr auto wait_for_ever = std::chrono::nanoseconds::max();
    [[nodiscard]] virtual std::shared_ptr<wait_ticket> wait_for_ticket(
        std::chrono::nanoseconds at_most) noexcept = 0;

    // For a wait that ends in resume_here(): how to ask once more for that, on a runner, because
    // the coroutine might not go on when it came. It is a new wait. False: that threw; the
    // coroutine goes on where it is, to throw it on.
    using sending = bool (*)(void* what) noexcept;
    void sent_by(sending again, void* what) noexcept {
        send_ = again;
        sent_ = what;
    }

    // The outermost coroutine has reached its end.
    void end() noexcept { ended_ = true; }
    [[nodiscard]] bool has_ended() const noexcept { return ended_; }

protected:
    ~coroutine_delivery() = default;

    std::coroutine_handle<> resume_point_;
    sending send_ = nullptr;
    void* sent_ = nullptr;
    bool ended_ = false;
};

// How the outermost coroutine ended; given its handle after the end. Throws what it threw.
using coroutine_conclusion = outcome (*)(std::coroutine_handle<> root);

// What the compiled loop of a coroutine handler needs of the runner that calls it.
class coroutine_host {
public:
    // Takes the frame's present event out of its slot, so that it may outlive it. Null: no memory.
    [[nodiscard]] virtual coroutine_delivery* detach(delivery_frame& frame) noexcept = 0;
    // The handler did not return a coroutine.
    virtual void give_up(coroutine_delivery& one) noexcept = 0;
    // Lets the coroutine run, which is the host's from here on, until it waits or ends. Throws what
    // it threw if it has ended.
    virtual void start(delivery_frame& frame, coroutine_delivery& one, std::coroutine_handle<> root,
                       coroutine_conclusion conclude) = 0;

protected:
    ~coroutine_host() = default;
};

// Memory of coroutines. Each thread keeps what it freed, up to a bound, and takes from there first.
// Any thread may free. Throws std::bad_alloc.
[[nodiscard]] STENTOR_EXPORT void* allocate_coroutine(std::size_t bytes);
STENTOR_EXPORT void free_coroutine(void* memory, std::size_t bytes) noexcept;

}  // namespace stentor::inline v0::detail
