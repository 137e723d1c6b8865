// SPDX-License-Identifier: MIT
#include "dispatch/call_gate.hpp"
#include "dispatch/detached_delivery.hpp"
#include "dispatch/runner.hpp"
#include <stentor/registry/outcome.hpp>
#include <stentor/resilience/failure.hpp>

#include <algorithm>

// What a runner does for subscriptions with a breaker or a rate. While the breaker is closed one
// permit lets a whole batch through, and each call says how it ended; a failure that opens the
// breaker ends the batch, whose rest goes back to the front of the queue. A trial, and a token of a
// rate, is for one call.
namespace stentor::inline v0::detail {

namespace {

// At a breaker whose trials are under way.
constexpr std::int64_t look_again_ns = 1'000'000;
// Somebody may close a breaker by hand, and tells no lane.
constexpr std::int64_t rest_most_ns = 50'000'000;

std::int64_t rest_of(const circuit_breaker& refusing) noexcept {
    const auto seen = refusing.report();
    return seen.state == breaker_state::open          ? seen.open_left.count()
           : seen.state == breaker_state::forced_open ? rest_most_ns
                                                      : look_again_ns;
}

// The event's fault says nothing about what the handler calls.
bool is_permanent(const outcome* said) noexcept {
    if (said != nullptr) {
        return said->what() == outcome::verdict::reject;
    }
    stentor::failure what;
#if defined(__cpp_exceptions)
    what.exception = std::current_exception();
#endif
    return classify({}, what) == failure_class::permanent;
}

void end_failed(circuit_breaker::permit& pass, const outcome* said) noexcept {
    if (is_permanent(said)) {
        pass.ignore();
    } else {
        pass.fail();
    }
}

}  // namespace

// Nobody is called any more: what is queued is cancelled, for which nobody needs a permit.
bool runner::ends(const lane& from) const noexcept {
    const auto to = from.serves.lock();
    return to == nullptr || to->closed.load(std::memory_order_relaxed) ||
           shared_.cancelling.load(std::memory_order_relaxed);
}

// False: no call may be made now, and the lane rests. Else a batch has at most `limit` entries.
bool runner::pass_gate(lane& from, std::size_t& limit, bool slow) noexcept {
    const auto& gate = *from.gate;
    std::int64_t wait = 0;
    bool refused = false;
    if (gate.breaker != nullptr) {
        pass_ = gate.breaker->try_acquire();
        refused = !pass_;
        wait = refused ? rest_of(*gate.breaker) : 0;
    }
    if (gate.rate != nullptr && !refused) {
        token_ = gate.rate->try_acquire();
        refused = !token_;
        wait = refused ? token_.wait().count() : 0;
    }
    if (refused && ends(from)) {
        leave_gate();
        return true;
    }
    const std::size_t most = refused ? 0 : gate.one_by_one || pass_.is_trial() ? 1 : limit;
    if (from.flights != nullptr && most < limit) {
        shared_.end_flights(from, static_cast<std::int64_t>(limit - most));
    }
    limit = std::min(limit, most);
    if (refused) {
        leave_gate();
        if (slow) {
            release_slow_call();
        }
        let_rest_until(from, shared_.now() + std::min(wait, rest_most_ns));
    }
    return !refused;
}

// What was not used goes back. Before the lane is left, which keeps the breaker.
void runner::leave_gate() noexcept {
    pass_.ignore();
    token_.give_back();
}

// Nobody is called for until that moment.
void runner::let_rest_until(lane& from, std::int64_t moment) noexcept {
    from.rests_until_ns.store(moment, std::memory_order_relaxed);
    linger_ = nullptr;
    if (from.state.leave([&from] { return from.pending(); })) {
        crew_.resting.insert(from.id());
        shared_.end_nap();
    }
    holding_.store(nullptr, std::memory_order_release);
}

// The call that runs now has failed. Those before it are told first: a breaker that saw the
// failures of a batch before its successes would open at a lower rate than it was given.
void runner::tell_breaker_of_failure(charge& frame, const outcome* said) noexcept {
    if (!pass_) {
        return;
    }
    if (pass_.is_trial()) {
        end_failed(pass_, said);
        return;
    }
    tell_breaker_of_successes(frame);
    auto one = pass_.another();
    end_failed(one, said);
    const auto state = frame.what.from.gate->breaker->state();
    const auto next = static_cast<std::size_t>(frame.slot() - buffer_) / frame.stride + frame.taken;
    if (state != breaker_state::closed && state != breaker_state::forced_closed &&
        next < in_batch_ && kept_from_ == nothing_kept) {
        kept_from_ = next;
        attention_.store(true, std::memory_order_relaxed);  // the handler's loop looks up
    }
}

// Calls of the frame that ended well, and have not been told yet.
void runner::tell_breaker_of_successes(charge& frame) noexcept {
    const auto events = frame.ended_well() - frame.gate_told;
    frame.gate_told += events;
    const auto calls = frame.what.from.batched() ? std::min<std::size_t>(events, 1) : events;
    if (pass_.is_trial() && calls != 0) {
        pass_.succeed();
    } else {
        pass_.succeeded(static_cast<std::int64_t>(calls));
    }
}

// The calls of the frame are over.
void runner::tell_gate_of_calls(charge& frame) noexcept {
    if (token_ && frame.index != 0) {
        token_.use();
    }
    tell_breaker_of_successes(frame);
}

// The coroutine that the batch of one called outlives it.
void runner::hand_pass_to(detached_delivery& one) noexcept {
    one.pass = std::move(pass_);
}

void detached_delivery::end_pass(const outcome* failed_with) noexcept {
    if (pass) {
        end_failed(pass, failed_with);
    }
}

}  // namespace stentor::inline v0::detail
