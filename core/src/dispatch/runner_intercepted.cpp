// SPDX-License-Identifier: MIT
#include "dispatch/detached_delivery.hpp"
#include "dispatch/runner.hpp"
#include "registry/event_view.hpp"
#include "registry/interception.hpp"

#include <string>
#include <utility>

// Calls that interceptors look at: one at a time, each told before and after, and each delivery
// that ends with it.
namespace stentor::inline v0::detail {

namespace {

// For a call that interceptors were told of, which must be made.
constinit const std::atomic<bool> nobody_asks_now{false};

}  // namespace

// As call(). Whether a call may still be made is looked at here, before interceptors are told, and
// not again in the handler's loop: the guard is entered, so who bars the subscription waits for it
// as for a call that had begun. [PAIR barrier]
void runner::call_intercepted(charge& frame) noexcept {
    auto& to = frame.to;
    const auto whole = frame.end;
    std::size_t next = 0;
    while (frame.index < whole && kept_from_ == nothing_kept &&
           !to.barred.load(std::memory_order_relaxed)) {
        const std::size_t at = frame.index;
        while (next < sample_count_ && samples_[next] < at) {
            ++next;
        }
        const bool sampled = next < sample_count_ && samples_[next] == at;
        call_one_intercepted(frame, to.form.batch ? whole : at + 1, sampled);
        if (frame.index < whole && attention_.load(std::memory_order_relaxed)) {
            attention_.store(false, std::memory_order_relaxed);  // as in call_until()
            end_run(to, frame.what.from);
            begin_run(false);
        }
    }
    frame.end = whole;
}

// From `index` to `end`.
void runner::call_one_intercepted(charge& frame, std::size_t end, bool sampled) noexcept {
    const auto& by = *frame.what.origin.interceptors;
    const std::size_t at = frame.index;
    const auto* slot = frame.slot();
    const auto failed = frame.failed;
    const auto dead_lettered = frame.dead_lettered;
    const auto fell_back = frame.fell_back;
    const auto ignored = frame.ignored;
    const auto released = frame.released;
    const auto detached = frame.detached;
    const auto view = [&] {
        return call_view(slot, frame.to.name, frame.call, end - at, frame.attempt);
    };
    if (by.looks_at_calls) {
        frame.call = by.number_call();
        by.before(view());
        frame.call_began = shared_.now();
    }
    frame.closed = frame.attention = &nobody_asks_now;
    if (sampled) {
        call_timed(frame, at);
    } else {
        call_until(frame, end);
    }
    frame.closed = &frame.to.barred;
    frame.attention = &attention_;
    const bool gave_up = frame.failed != failed || frame.dead_lettered != dead_lettered ||
                         frame.fell_back != fell_back;  // which was told
    if (frame.detached != detached) {
        return;  // it waits, for itself or for another attempt
    }
    if (by.looks_at_calls && !gave_up) {
        by.after(view(),
                 frame.released != released ? call_ending::released
                 : frame.ignored != ignored ? call_ending::ignored
                                            : call_ending::completed,
                 {}, shared_.now() - frame.call_began);
    }
    if (frame.released != released) {
        return;
    }
    tell_settled_from(frame, at,
                      frame.failed != failed                 ? settlement::failed
                      : frame.dead_lettered != dead_lettered ? settlement::dead_lettered
                      : frame.fell_back != fell_back         ? settlement::fell_back
                      : frame.ignored != ignored             ? settlement::ignored
                                                             : settlement::completed);
}

// Of a frame's deliveries, those from `at` to where it is now.
void runner::tell_settled_from(const charge& frame, std::size_t at, settlement how) noexcept {
    for (const std::size_t end = frame.index; at < end; ++at) {
        tell_settled(header_at(frame.slots, frame.stride, at), frame.to, how, frame.attempt);
    }
}

// The call that runs now. `said` null: by what was thrown.
void runner::tell_call_failed(const charge& frame, const outcome* said) noexcept {
    const auto& by = *frame.what.origin.interceptors;
    if (by.looks_at_calls) {
        const auto took = shared_.now() - frame.call_began;
        by.after({frame.slot(), frame.to.name, frame.call, frame.taken, frame.attempt},
                 call_ending::failed, shared_.observer->describe(frame.to, said), took);
    }
}

void tell_call_ended(detached_delivery& one, call_ending how, const outcome* said) noexcept {
    const auto* by = one.header().origin->interceptors.get();
    if (by == nullptr || !by->looks_at_calls) [[likely]] {
        return;
    }
    const auto took = one.shared.now() - one.call_began;
    by->after(
        {one.frame.slots, one.to->name, one.frame.call, 1, one.frame.attempt}, how,
        how == call_ending::failed ? one.shared.observer->describe(*one.to, said) : std::string(),
        took);
}

void tell_call_concluded(detached_delivery& one) noexcept {
    switch (one.ending) {
        case detached_end::completed: tell_call_ended(one, call_ending::completed); break;
        case detached_end::ignored: tell_call_ended(one, call_ending::ignored); break;
        case detached_end::released: tell_call_ended(one, call_ending::released); break;
        default: break;
    }
}

}  // namespace stentor::inline v0::detail
