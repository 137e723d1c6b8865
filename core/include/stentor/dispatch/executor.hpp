// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>

namespace stentor::inline v0 {

// One of the engine's runners, as an executor sees it.
class runner_task {
public:
    // Resident: returns when the engine stops. Does not throw.
    virtual void run() noexcept = 0;
    // One stretch of work, for executors without threads. False: there was nothing to do.
    virtual bool step() noexcept = 0;

protected:
    ~runner_task() = default;
};

// Where runners run. An extension point: an implementation passes tests/conformance.
class STENTOR_EXPORT executor {
public:
    executor() = default;
    executor(const executor&) = delete;
    executor& operator=(const executor&) = delete;
    virtual ~executor();

    // Calls run() of each task on a thread of its own, all at the same time; the tasks outlive the
    // threads. Returns how many began within `patience`; a caller that gets fewer than it gave asks
    // them to stop, calls join(), and uses another executor. Called once.
    virtual std::size_t start(std::span<runner_task* const> tasks,
                              std::chrono::milliseconds patience) = 0;
    // Waits until every run() has returned, at most for `deadline`. False: some have not; then
    // their threads and what they use are left behind for ever.
    virtual bool join(std::chrono::nanoseconds deadline) noexcept = 0;
    // True: there are no threads; whoever waits for the engine steps the tasks itself.
    [[nodiscard]] virtual bool manual() const noexcept { return false; }
    // Manual executors: lets some runner work a little. False: nobody had anything to do.
    virtual bool step() noexcept { return false; }
    [[nodiscard]] virtual const char* name() const noexcept = 0;
};

// Runners as resident tasks in an arena of oneTBB, of the engine's own size.
[[nodiscard]] STENTOR_EXPORT std::shared_ptr<executor> make_arena_executor();
// Runners on plain threads.
[[nodiscard]] STENTOR_EXPORT std::shared_ptr<executor> make_thread_executor();

}  // namespace stentor::inline v0
