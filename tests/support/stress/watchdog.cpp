// SPDX-License-Identifier: MIT
#include "support/stress/watchdog.hpp"

#include <stentor/bus/bus.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace stentor::stress {

namespace {

std::string contents(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    while (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    return text;
}

std::string state_letter(const std::string& stat) {
    const auto name_end = stat.rfind(')');
    return name_end == std::string::npos ? "?" : stat.substr(name_end + 2, 1);
}

}  // namespace

watchdog::watchdog(std::string what, std::function<std::string()> state,
                   std::chrono::seconds patience)
    : what_(std::move(what)),
      state_(std::move(state)),
      thread_([this, patience] { watch(patience); }) {}

watchdog::~watchdog() {
    stop_.store(true);
    thread_.join();
}

void watchdog::watch(std::chrono::seconds patience) {
    constexpr auto look = std::chrono::milliseconds(20);
    auto seen = beats_.load(std::memory_order_relaxed);
    auto since = std::chrono::steady_clock::now();
    while (!stop_.load()) {
        std::this_thread::sleep_for(look);
        const auto now = beats_.load(std::memory_order_relaxed);
        if (now != seen) {
            seen = now;
            since = std::chrono::steady_clock::now();
        } else if (std::chrono::steady_clock::now() - since > patience) {
            std::fprintf(stderr, "HANG: nothing moved for %lld s\n%s\nthreads:\n%s",
                         static_cast<long long>(patience.count()), what_.c_str(),
                         threads_of_process().c_str());
            std::fflush(stderr);
            // Last, because it may hang itself.
            std::fprintf(stderr, "engine:\n%s\n", state_().c_str());
            std::abort();
        }
    }
}

std::string state_of(const bus& which) {
    const auto all = which.snapshot();
    return all.audit.to_string() + "\nrunners " + std::to_string(all.runners) + ", parks " +
           std::to_string(all.parks) + ", wakeups " + std::to_string(all.wakeups) + ", rescues " +
           std::to_string(all.rescues) + ", spare activations " +
           std::to_string(all.spare_activations) + ", lanes " + std::to_string(all.lanes) + '\n';
}

std::string threads_of_process() {
    std::string lines;
    std::error_code gone;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", gone)) {
        const auto& folder = task.path();
        lines += "  " + folder.filename().string() + ' ' + contents(folder / "comm") + ", " +
                 state_letter(contents(folder / "stat")) + ", in " + contents(folder / "wchan") +
                 ", system call " + contents(folder / "syscall") + '\n';
        if (const auto stack = contents(folder / "stack"); !stack.empty()) {
            lines += stack + '\n';
        }
    }
    return lines;
}

}  // namespace stentor::stress
