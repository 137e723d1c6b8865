// SPDX-License-Identifier: MIT
#include <stentor/dispatch/manual_executor.hpp>

namespace stentor::inline v0 {

manual_executor::manual_executor(std::uint64_t seed) noexcept
    : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}

manual_executor::~manual_executor() = default;

std::size_t manual_executor::start(std::span<runner_task* const> tasks, std::chrono::milliseconds) {
    tasks_.assign(tasks.begin(), tasks.end());
    return tasks_.size();
}

bool manual_executor::join(std::chrono::nanoseconds) noexcept {
    tasks_.clear();
    return true;
}

bool manual_executor::step() noexcept {
    const auto count = tasks_.size();
    if (count == 0) {
        return false;
    }
    // xorshift64*: which runner is next is the seed's choice.
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    const auto first = static_cast<std::size_t>((state_ * 0x2545f4914f6cdd1dULL) >> 33) % count;
    for (std::size_t offset = 0; offset < count; ++offset) {
        if (tasks_[(first + offset) % count]->step()) {
            return true;
        }
    }
    return false;
}

std::size_t manual_executor::run_until_idle() noexcept {
    std::size_t steps = 0;
    while (step()) {
        ++steps;
    }
    return steps;
}

}  // namespace stentor::inline v0
