// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/dispatch/executor.hpp>

#include <cstdint>
#include <vector>

namespace stentor::inline v0 {

// No threads: runners work when they are stepped, in an order that a seed decides. With a virtual
// clock a whole engine becomes a deterministic program. One thread at a time.
class STENTOR_EXPORT manual_executor final : public executor {
public:
    explicit manual_executor(std::uint64_t seed = 0) noexcept;
    ~manual_executor() override;

    std::size_t start(std::span<runner_task* const> tasks,
                      std::chrono::milliseconds patience) override;
    bool join(std::chrono::nanoseconds deadline) noexcept override;
    [[nodiscard]] bool manual() const noexcept override { return true; }
    // Picks a runner by the seed; goes on with the others when it has nothing to do.
    bool step() noexcept override;
    [[nodiscard]] const char* name() const noexcept override { return "manual"; }

    // Steps until nobody has anything to do. Returns the number of steps that did something.
    std::size_t run_until_idle() noexcept;

private:
    std::vector<runner_task*> tasks_;
    std::uint64_t state_;
};

}  // namespace stentor::inline v0
