// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/resilience/circuit_breaker.hpp>

#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace stentor::inline v0::detail {

// The breakers of one engine by their names: whoever asks for a name that is in use gets that very
// breaker. One that nobody uses any more is forgotten; whoever asks for its name then gets a fresh
// one.
//
// Threads: any. Progress: blocking, under one lock; for set-up only. Allocates.
class shared_breakers {
public:
    explicit shared_breakers(clock& time) noexcept : time_(time) {}

    // A breaker without a name is a new one. errc::unsupported_combination: the name is in use with
    // other options (but for on_change, which is the first one's), as those of make().
    [[nodiscard]] result<std::shared_ptr<circuit_breaker>, error> get(
        const breaker& options) noexcept;

    // Null: no such breaker is in use.
    [[nodiscard]] std::shared_ptr<circuit_breaker> find(std::string_view name) const noexcept;

private:
    clock& time_;
    mutable std::mutex mutex_;
    std::vector<std::weak_ptr<circuit_breaker>> known_;
};

}  // namespace stentor::inline v0::detail
