// SPDX-License-Identifier: MIT
#include "bus/inline_calls.hpp"

// What interceptors are told of handlers that publishers call.
namespace stentor::inline v0::detail {

// From here to the call itself nobody asks any more whether it may be made, so that what is told
// to begin does.
void engine::inline_charge::begin_intercepted(const subscription_record& to) noexcept {
    closed = &nobody_asks;
    if (!interceptors->looks_at_calls) {
        return;
    }
    call = interceptors->number_call();
    interceptors->before({slots, to.name, call, 1, attempt});
    call_began = by.shared_.now();
}

void engine::inline_charge::end_intercepted(const subscription_record& to, call_ending how,
                                            const outcome* said) noexcept {
    if (!interceptors->looks_at_calls) {
        return;
    }
    const auto took = by.shared_.now() - call_began;
    interceptors->after(
        {slots, to.name, call, 1, attempt}, how,
        how == call_ending::failed ? by.shared_.observer->describe(to, said) : std::string(), took);
}

// `ended` false: it was not called, because it is over or disabled, or the bus ends.
void engine::inline_charge::tell_settled_inline(const subscription_record& one,
                                                bool ended) const noexcept {
    const auto& header = *reinterpret_cast<const slot_header*>(slots);
    if (ended) {
        tell_settled(header, one,
                     failed    ? settlement::failed
                     : ignored ? settlement::ignored
                               : settlement::completed,
                     attempt);
    } else if (one.closed.load(std::memory_order_acquire) ||
               by.shared_.cancelling.load(std::memory_order_relaxed)) {
        tell_settled(header, one, settlement::cancelled, 0);
    } else {
        tell_settled(header, one, settlement::dropped, 0, drop_reason::disabled);
    }
}

}  // namespace stentor::inline v0::detail
