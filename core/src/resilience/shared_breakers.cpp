// SPDX-License-Identifier: MIT
#include "resilience/shared_breakers.hpp"

#include "base/attempt.hpp"

#include <string>
#include <utility>

namespace stentor::inline v0::detail {

namespace {

bool same_options(const breaker& one, const breaker& other) noexcept {
    return one.window == other.window && one.window_time == other.window_time &&
           one.min_calls == other.min_calls && one.failure_rate == other.failure_rate &&
           one.slow_after == other.slow_after && one.slow_rate == other.slow_rate &&
           one.open_for == other.open_for && one.open_max == other.open_max &&
           one.trials == other.trials && one.trial_max == other.trial_max && one.seed == other.seed;
}

}  // namespace

std::shared_ptr<circuit_breaker> shared_breakers::find(std::string_view name) const noexcept {
    const std::lock_guard lock(mutex_);
    for (const auto& one : known_) {
        if (auto breaker = one.lock(); breaker != nullptr && breaker->name() == name) {
            return breaker;
        }
    }
    return nullptr;
}

result<std::shared_ptr<circuit_breaker>, error> shared_breakers::get(
    const breaker& options) noexcept {
    result<std::shared_ptr<circuit_breaker>, error> got;
    const bool tried = attempt([&] {
        if (options.name.empty()) {
            got = circuit_breaker::make(options, time_);
            return;
        }
        const std::lock_guard lock(mutex_);
        std::erase_if(known_, [](const auto& one) { return one.expired(); });
        for (const auto& one : known_) {
            auto breaker = one.lock();
            if (breaker == nullptr || breaker->name() != options.name) {
                continue;
            }
            if (same_options(breaker->options(), options)) {
                got = std::move(breaker);
            } else {
                got = unexpected(error(errc::unsupported_combination,
                                       "breaker " + options.name +
                                           " is in use with other options; give the same ones "
                                           "everywhere, or use another name"));
            }
            return;
        }
        make_room(known_, known_.size() + 1);
        got = circuit_breaker::make(options, time_);
        if (got) {
            known_.emplace_back(*got);
        }
    });
    return tried ? std::move(got) : unexpected(error::out_of_memory());
}

}  // namespace stentor::inline v0::detail
