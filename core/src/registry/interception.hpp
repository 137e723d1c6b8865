// SPDX-License-Identifier: MIT
#pragma once

#include "registry/route.hpp"
#include <stentor/registry/call_view.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

// The interceptors of a topic, as those see them who call handlers and end deliveries.
namespace stentor::inline v0::detail {

// Threads: any. Progress: as the functions, whatever they throw.
class interception {
public:
    interception(bool calls, bool settles) noexcept
        : looks_at_calls(calls), looks_at_ends(settles) {}
    interception(const interception&) = delete;
    interception& operator=(const interception&) = delete;
    virtual ~interception() = default;

    const bool looks_at_calls;
    const bool looks_at_ends;

    // For the next call; never 0.
    [[nodiscard]] virtual std::uint64_t number_call() const noexcept = 0;
    virtual void before(const call_view& one) const noexcept = 0;
    // After a call that took `duration_ns` and has ended just now.
    virtual void after(const call_view& one, call_ending how, std::string_view error,
                       std::int64_t duration_ns) const noexcept = 0;
    virtual void settled(const settled_view& one) const noexcept = 0;
};

// Where a terminal of the books is counted, and before the entry is settled, because until then it
// keeps the route.
inline void tell_settled(const slot_header& slot, const subscription_record& to, settlement how,
                         std::int32_t attempts,
                         std::optional<drop_reason> why = std::nullopt) noexcept {
    const auto* by = slot.origin->interceptors.get();
    if (by != nullptr && by->looks_at_ends) [[unlikely]] {
        by->settled({reinterpret_cast<const std::byte*>(&slot), to.name, how, attempts, why});
    }
}

}  // namespace stentor::inline v0::detail
