// SPDX-License-Identifier: MIT
#include "simulation/shadow.hpp"

// Breakers and rates: who may be called now.
namespace stentor_test {

using stentor::breaker_state;

void shadow::breaker_changes(sub which, breaker_state to) {
    auto& one = subs_[which];
    ++now_;
    one.gate = to;
    one.admitted = 0;
    seen_.opened += to == breaker_state::open ? 1 : 0;
    one.phase += to == breaker_state::half_open ? 1 : 0;
}

void shadow::check_gates(subscription& one, delivery& delivered, number number_of) {
    delivered.trial = 0;
    if (one.limits.trials != 0 && one.gate == breaker_state::open) {
        violate("a call through an open breaker: " + about(one, number_of));
    }
    if (one.limits.trials != 0 && one.gate == breaker_state::half_open) {
        delivered.trial = one.phase;
        ++seen_.trials;
        if (++one.admitted > one.limits.trials) {
            violate("more trials than the breaker may make: " + about(one, number_of));
        }
    }
    if (one.limits.rate_ns != 0) {
        if (one.last_call_ns >= 0 && time_ns_ - one.last_call_ns < one.limits.rate_ns) {
            violate("calls faster than the rate: " + about(one, number_of));
        }
        one.last_call_ns = time_ns_;
    }
}

// It makes room for another one.
void shadow::trial_is_none(sub which, number number_of) {
    auto& one = subs_[which];
    auto& delivered = one.deliveries[number_of];
    if (delivered.trial != 0 && delivered.trial == one.phase &&
        one.gate == breaker_state::half_open) {
        --one.admitted;
    }
    delivered.trial = 0;
}

}  // namespace stentor_test
