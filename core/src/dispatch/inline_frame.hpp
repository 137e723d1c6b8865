// SPDX-License-Identifier: MIT
#pragma once

#include "base/sync.hpp"
#include "registry/call_guard.hpp"

#include <cstdint>

namespace stentor::inline v0::detail {

class publisher_slot;
class subscription_record;

// An event whose inline handlers the calling thread is inside. They nest when such a handler
// publishes. On the stack, or the slot's own for the outermost; known to its own thread only.
struct inline_frame {
    static constexpr std::uint32_t nesting_max = 8;

    const void* owner = nullptr;     // the engine
    publisher_slot* slot = nullptr;  // null: a thread without a slot of its own
    const call_guard<real_sync, subscription_record>* guard = nullptr;  // says whom it calls
    const inline_frame* outer = nullptr;
    std::uint32_t depth = 1;

    // The innermost of the calling thread; null: none.
    [[gnu::tls_model("initial-exec")]] static constinit thread_local const inline_frame* innermost;

    [[nodiscard]] static const inline_frame* of(const void* owner) noexcept {
        const auto* one = innermost;
        while (one != nullptr && one->owner != owner) {
            one = one->outer;
        }
        return one;
    }
    [[nodiscard]] static bool calls(const subscription_record* which) noexcept {
        const auto* one = innermost;
        while (one != nullptr && !one->guard->holds(which)) {
            one = one->outer;
        }
        return one != nullptr;
    }
};

}  // namespace stentor::inline v0::detail
