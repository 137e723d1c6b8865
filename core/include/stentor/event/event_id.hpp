// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/error.hpp>
#include <stentor/base/result.hpp>
#include <stentor/export.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The name of one event, everywhere and for ever: a UUID, version 7 of RFC 9562 when made here, so
// that ids sort by the millisecond of their making. Ids that come from outside may be of any
// version.
//
// Threads: values. Progress: wait-free, except that to_string() and a failing parse() allocate.

namespace stentor::inline v0 {

class event_id {
public:
    // The length of the text form, 8-4-4-4-12 hexadecimal digits.
    static constexpr std::size_t text_size = 36;

    // The nil id, which names nothing.
    constexpr event_id() noexcept = default;

    // Version 7 from a time and 74 random bits. Surplus high bits of each part are ignored.
    [[nodiscard]] static constexpr event_id from_parts(std::uint64_t unix_ms,
                                                       std::uint64_t random_hi12,
                                                       std::uint64_t random_lo62) noexcept {
        constexpr std::uint64_t version_7 = 0x7000;
        constexpr std::uint64_t variant_rfc = 0x8000'0000'0000'0000;
        return event_id((unix_ms << 16) | version_7 | (random_hi12 & 0x0FFF),
                        variant_rfc | (random_lo62 & 0x3FFF'FFFF'FFFF'FFFF));
    }

    // The 128 bits as two big-endian halves, as a store or another library has them.
    [[nodiscard]] static constexpr event_id from_words(std::uint64_t high,
                                                       std::uint64_t low) noexcept {
        return event_id(high, low);
    }
    [[nodiscard]] constexpr std::uint64_t high_word() const noexcept { return high_; }
    [[nodiscard]] constexpr std::uint64_t low_word() const noexcept { return low_; }

    // Any UUID in its text form, hexadecimal digits of either case.
    [[nodiscard]] STENTOR_EXPORT static result<event_id, error> parse(std::string_view text);

    // Lower case, with hyphens.
    [[nodiscard]] STENTOR_EXPORT std::string to_string() const;
    // The same into a buffer of text_size bytes; writes no terminating zero.
    STENTOR_EXPORT void write(char* out) const noexcept;

    // When the id was made; meaningful when version() is 7.
    [[nodiscard]] constexpr std::uint64_t unix_ms() const noexcept { return high_ >> 16; }
    [[nodiscard]] constexpr unsigned version() const noexcept {
        return static_cast<unsigned>((high_ >> 12) & 0xF);
    }
    [[nodiscard]] constexpr bool is_nil() const noexcept { return (high_ | low_) == 0; }

    friend constexpr bool operator==(event_id, event_id) noexcept = default;
    // The order of the text forms, which for version 7 is the order of making by millisecond.
    friend constexpr std::strong_ordering operator<=>(event_id, event_id) noexcept = default;

private:
    constexpr event_id(std::uint64_t high, std::uint64_t low) noexcept : high_(high), low_(low) {}

    std::uint64_t high_ = 0;  // 48 bits of milliseconds, 4 of version, 12 random
    std::uint64_t low_ = 0;   // 2 bits of variant, 62 random
};

static_assert(sizeof(event_id) == 16);

}  // namespace stentor::inline v0

template <>
struct std::hash<stentor::event_id> {
    [[nodiscard]] std::size_t operator()(stentor::event_id id) const noexcept {
        // Ids of one millisecond share their high bits, so the halves are mixed, not only joined.
        std::uint64_t mixed = id.high_word() ^ (id.low_word() * 0x9E37'79B9'7F4A'7C15);
        mixed ^= mixed >> 32;
        return static_cast<std::size_t>(mixed * 0xD6E8'FEB8'6659'FD93);
    }
};
