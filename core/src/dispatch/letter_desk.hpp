// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/resilience/dead_letter.hpp>

#include <cstdint>
#include <memory>

namespace stentor::inline v0::detail {

struct failure;
struct slot_header;
class subscription_record;

enum class letter_place : std::uint8_t {
    stored,
    waits,    // the caller keeps it; the subscription is paused where that was possible
    nowhere,  // there will be no room that it could wait for: the bus ends
};

// Takes deliveries that nobody attempts again. Runners ask it, and whoever else ends a delivery.
//
// Threads: any. Progress: as that of the dead letter store.
class letter_desk {
public:
    // The letter of a delivery whose last attempt has just failed; what was thrown is the current
    // exception. Null: no memory.
    [[nodiscard]] virtual std::unique_ptr<dead_letter> write(const failure& about,
                                                             dead_letter_reason why) noexcept = 0;
    // The same of one whose handler is not called, or not again. `attempts`: how many there were.
    [[nodiscard]] virtual std::unique_ptr<dead_letter> write_unattempted(
        const subscription_record& of, const slot_header& slot, dead_letter_reason why,
        std::int32_t attempts) noexcept = 0;
    // `last`: the delivery ends now, so nobody can wait. `number`: the letter's, where it is in the
    // store.
    [[nodiscard]] virtual letter_place keep(subscription_record& of, const dead_letter& letter,
                                            bool last, std::uint64_t& number) noexcept = 0;

protected:
    ~letter_desk() = default;
};

}  // namespace stentor::inline v0::detail
