// SPDX-License-Identifier: MIT
#include <stentor/event/publish_result.hpp>

namespace stentor::inline v0 {

std::string_view to_string(publish_status status) noexcept {
    switch (status) {
        case publish_status::accepted: return "accepted";
        case publish_status::accepted_partial: return "accepted_partial";
        case publish_status::no_subscribers: return "no_subscribers";
        case publish_status::rejected_full: return "rejected_full";
        case publish_status::rejected_invalid: return "rejected_invalid";
        case publish_status::rejected_too_deep: return "rejected_too_deep";
        case publish_status::rejected_no_memory: return "rejected_no_memory";
        case publish_status::expired: return "expired";
        case publish_status::closed: return "closed";
        case publish_status::would_deadlock: return "would_deadlock";
        case publish_status::type_mismatch: return "type_mismatch";
        case publish_status::rejected_interceptor: return "rejected_interceptor";
    }
    return "unknown";
}

namespace detail {

namespace {

// A bijection of 64 bits (the finaliser of MurmurHash3, A. Appleby): distinct tickets stay
// distinct.
std::uint64_t scramble(std::uint64_t value) noexcept {
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdULL;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53ULL;
    value ^= value >> 33;
    return value;
}

}  // namespace

event_id make_id(const unmade_id& parts) noexcept {
    // 64 bits tell the bus's own events apart; the key makes other buses' and processes' differ.
    const auto low = scramble(parts.ticket ^ parts.key);
    const auto rest = scramble(parts.key + 0x9e3779b97f4a7c15ULL);
    const auto high12 = ((low >> 62) << 10) | (rest & 0x3ff);
    return event_id::from_parts(static_cast<std::uint64_t>(parts.unix_ns / 1'000'000), high12, low);
}

}  // namespace detail
}  // namespace stentor::inline v0
