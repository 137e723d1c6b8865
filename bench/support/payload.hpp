// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

// The event that every competitor carries: 64 bytes, trivially copyable, and a checksum that reads
// all of them, so that a handler touches the whole line. Values follow from (publisher, sequence,
// topic) alone: what should have arrived can be computed afterwards. Pure values, any thread.

namespace bench {

struct payload {
    std::uint64_t sequence = 0;
    std::uint64_t publisher = 0;
    std::uint64_t topic = 0;
    std::int64_t stamp_ns = 0;
    std::array<std::uint64_t, 4> fill{};
};
static_assert(sizeof(payload) == 64 && std::is_trivially_copyable_v<payload>);

[[nodiscard]] constexpr payload make_payload(std::uint64_t publisher, std::uint64_t sequence,
                                             std::uint64_t topic,
                                             std::int64_t stamp_ns = 0) noexcept {
    return {sequence,
            publisher,
            topic,
            stamp_ns,
            {sequence + 1, sequence + 2, sequence + 3, sequence + 4}};
}

// The stamp is left out: it is a time, and times do not repeat.
[[nodiscard]] constexpr std::uint64_t checksum(const payload& event) noexcept {
    return event.sequence + event.publisher + event.topic + event.fill[0] + event.fill[1] +
           event.fill[2] + event.fill[3];
}

inline constexpr std::size_t topics_max = 16;
inline constexpr std::array<std::string_view, topics_max> topic_names{
    "bench.t00", "bench.t01", "bench.t02", "bench.t03", "bench.t04", "bench.t05",
    "bench.t06", "bench.t07", "bench.t08", "bench.t09", "bench.t10", "bench.t11",
    "bench.t12", "bench.t13", "bench.t14", "bench.t15",
};

// One C++ type per topic, as a user of the library writes it; the twins only read `body`.
template <std::size_t Topic>
struct sample {
    static constexpr std::string_view topic = topic_names[Topic];
    payload body;
};
static_assert(sizeof(sample<0>) == 64 && std::is_trivially_copyable_v<sample<0>>);

}  // namespace bench
