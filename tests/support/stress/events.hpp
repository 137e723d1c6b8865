// SPDX-License-Identifier: MIT
#pragma once

#include "support/stress/stamp.hpp"
#include <stentor/event/topic.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// The events of the stress tests, one type for each way in which an event can lie in the engine: in
// slots of both sizes, in an envelope, over-aligned, move-only, and as text without a type.
namespace stentor::stress {

struct pulse_a {
    static constexpr std::string_view topic = "stress.pulse.a";
    stamp mark;
};

struct pulse_b {
    static constexpr std::string_view topic = "stress.pulse.b";
    stamp mark;
};

// Fills the largest slot; every byte is checked.
struct brick {
    static constexpr std::string_view topic = "stress.brick.a";
    stamp mark;
    std::array<std::uint64_t, 5> filler;
};

// Lives in an envelope, owns memory.
struct letter {
    static constexpr std::string_view topic = "stress.letter.a";
    stamp mark;
    std::string text;
};

// Over-aligned and larger than a page's half.
struct alignas(128) slab {
    static constexpr std::string_view topic = "stress.slab.b";
    stamp mark;
    std::array<std::uint64_t, 256> filler;
};

struct parcel {
    static constexpr std::string_view topic = "stress.parcel.b";
    std::unique_ptr<stamp> mark;
};

// What handlers publish.
struct echo {
    static constexpr std::string_view topic = "stress.echo.a";
    stamp mark;
};

// Topics in the order of the plan's topic numbers; from text_first on they have no type.
inline constexpr std::array<std::string_view, 10> topic_names{
    pulse_a::topic, pulse_b::topic,  brick::topic,    letter::topic,   slab::topic,
    parcel::topic,  "stress.text.a", "stress.text.b", "stress.text.c", echo::topic};
inline constexpr std::size_t text_first = 6;
inline constexpr std::size_t echo_topic = 9;

[[nodiscard]] inline letter letter_of(const stamp& mark) {
    return {mark, std::string(mark.check % 200, static_cast<char>('a' + mark.check % 26))};
}
[[nodiscard]] inline brick brick_of(const stamp& mark) noexcept {
    brick made{mark, {}};
    made.filler.fill(mark.check);
    return made;
}

// Writes and reads the three numbers of a stamp, as an untyped event's payload.
[[nodiscard]] std::string text_of(const stamp& mark);
[[nodiscard]] stamp stamp_in(std::string_view text) noexcept;

// The stamp that an event carries; one that is not intact when its other bytes are wrong.
[[nodiscard]] inline stamp stamp_of(const pulse_a& event) noexcept {
    return event.mark;
}
[[nodiscard]] inline stamp stamp_of(const pulse_b& event) noexcept {
    return event.mark;
}
[[nodiscard]] inline stamp stamp_of(const echo& event) noexcept {
    return event.mark;
}
[[nodiscard]] stamp stamp_of(const brick& event) noexcept;
[[nodiscard]] stamp stamp_of(const letter& event) noexcept;
[[nodiscard]] stamp stamp_of(const slab& event) noexcept;
[[nodiscard]] stamp stamp_of(const parcel& event) noexcept;

}  // namespace stentor::stress
