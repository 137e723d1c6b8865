// SPDX-License-Identifier: MIT
#pragma once

#include <csignal>
#include <cstdint>

// How a thread becomes one of ours, and stops being it.
namespace stentor::inline v0::detail {

// Blocks all signals on the calling thread, so that the host's handlers run on its own threads;
// puts the mask back at the end, since an arena's thread is not ours for ever.
class quiet_thread {
public:
    quiet_thread() noexcept;
    ~quiet_thread();
    quiet_thread(const quiet_thread&) = delete;
    quiet_thread& operator=(const quiet_thread&) = delete;

private:
    sigset_t before_;
};

// At most 15 characters in all; `index` below 0 is left out.
void name_thread(const char* what, std::int32_t index) noexcept;

[[nodiscard]] std::int32_t this_thread_id() noexcept;
// For cpu_time_ns() on any thread; negative when there is none.
[[nodiscard]] std::int64_t this_thread_cpu_clock() noexcept;
[[nodiscard]] std::int64_t cpu_time_ns(std::int64_t clock) noexcept;
// The thread sleeps in the kernel: it waits for something, rather than for a CPU.
[[nodiscard]] bool thread_sleeps(std::int32_t thread_id) noexcept;
// How long the calling thread has ever waited for a CPU while it could have run; 0 where the kernel
// does not say. Takes a few microseconds.
[[nodiscard]] std::int64_t waited_for_cpu_ns() noexcept;

// CPUs that this process may use: its affinity, cut down to its cgroup's CPU quota. At least 1.
[[nodiscard]] std::int32_t usable_cpus() noexcept;

// Lets the calling thread run on every CPU that the process may use. A thread that was created by a
// pinned one inherits its pin.
void reset_affinity() noexcept;

}  // namespace stentor::inline v0::detail
