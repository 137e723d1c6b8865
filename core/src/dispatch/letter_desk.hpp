// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/resilience/dead_letter.hpp>

#include <memory>

namespace stentor::inline v0::detail {

struct failure;
class subscription_record;

// Takes deliveries that nobody attempts again. Runners ask it, and whoever else ends a delivery.
//
// Threads: any. Progress: as that of the dead letter store.
class letter_desk {
public:
    // The letter of a delivery whose last attempt has just failed; what was thrown is the current
    // exception. Null: no memory.
    [[nodiscard]] virtual std::unique_ptr<dead_letter> write(const failure& about,
                                                             dead_letter_reason why) noexcept = 0;
    // True: the store has it. Else it is the caller's to keep, and the subscription is paused, with
    // the reason, unless it is about to end anyway.
    [[nodiscard]] virtual bool keep(subscription_record& of, const dead_letter& letter,
                                    bool pauses) noexcept = 0;

protected:
    ~letter_desk() = default;
};

}  // namespace stentor::inline v0::detail
