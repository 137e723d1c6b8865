// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace stentor::inline v0::detail {

class publisher_slot;
class subscription_record;

// An event whose inline handlers the calling thread is inside. They nest when such a handler
// publishes. On the stack; known to its own thread only.
struct inline_frame {
    static constexpr std::uint32_t nesting_max = 8;

    const void* owner = nullptr;  // the engine
    const subscription_record* to = nullptr;
    publisher_slot* slot = nullptr;  // null: a thread without a slot of its own
    const inline_frame* outer = nullptr;
    std::uint32_t depth = 1;

    // The innermost of the calling thread; null: none.
    static constinit thread_local const inline_frame* innermost;

    [[nodiscard]] static const inline_frame* of(const void* owner) noexcept {
        const auto* one = innermost;
        while (one != nullptr && one->owner != owner) {
            one = one->outer;
        }
        return one;
    }
    [[nodiscard]] static bool calls(const subscription_record* which) noexcept {
        const auto* one = innermost;
        while (one != nullptr && one->to != which) {
            one = one->outer;
        }
        return one != nullptr;
    }
};

}  // namespace stentor::inline v0::detail
