// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <sched.h>

// What a test does to its own process, and what it asks the kernel about it.
//
// Threads: the main thread, because the engine goes by the main thread's affinity.
namespace stentor::stress {

// While it lives, the process runs on one processor; threads that it makes meanwhile stay there.
class one_processor {
public:
    one_processor() noexcept;
    ~one_processor();
    one_processor(const one_processor&) = delete;
    one_processor& operator=(const one_processor&) = delete;
    [[nodiscard]] bool held() const noexcept { return held_; }

private:
    cpu_set_t before_{};
    bool held_ = false;
};

// While it lives, the process has so many percent of one processor's time, through a control group
// of its own below the current one. Needs the right to make one.
class cpu_quota {
public:
    explicit cpu_quota(int percent);
    ~cpu_quota();
    cpu_quota(const cpu_quota&) = delete;
    cpu_quota& operator=(const cpu_quota&) = delete;
    [[nodiscard]] bool held() const noexcept { return why_not_.empty(); }
    [[nodiscard]] const std::string& why_not() const noexcept { return why_not_; }

private:
    void limit_v2(const std::filesystem::path& parent, int percent);
    void limit_v1(const std::filesystem::path& parent, int percent);
    void enter(const std::filesystem::path& parent);

    std::filesystem::path home_;   // the group that the process came from
    std::filesystem::path group_;  // ours
    std::string why_not_{};
};

// While it lives, the process is stopped for the rest of each 100 ms, by the signals of a child:
// what a quota does, without a right to it. Made while the process has one thread.
class stop_and_go {
public:
    explicit stop_and_go(int percent);
    ~stop_and_go();
    stop_and_go(const stop_and_go&) = delete;
    stop_and_go& operator=(const stop_and_go&) = delete;
    [[nodiscard]] bool held() const noexcept { return child_ > 0; }

private:
    int child_ = -1;
    int end_ = -1;  // of the pipe that the child waits on
};

[[nodiscard]] std::int64_t resident_bytes();
[[nodiscard]] std::int64_t threads_of_this_process();
[[nodiscard]] std::int64_t open_files();
// Bytes that the program has allocated and not freed, as malloc counts them; -1: not known.
[[nodiscard]] std::int64_t heap_bytes();

}  // namespace stentor::stress
