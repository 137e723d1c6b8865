// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Seeds and who fails under them; shared by test_bus and for_each_seed.
//
// Threads: one at a time.
namespace stentor::inline v0::testing::detail {

// xorshift64*: small, and the same everywhere.
class dice {
public:
    explicit dice(std::uint64_t seed) noexcept : state_(seed * 0x9e37'79b9'7f4a'7c15ULL + 1) {
        static_cast<void>(next());
    }

    // Below `count`, which is at least 1.
    [[nodiscard]] std::uint64_t choose(std::uint64_t count) noexcept {
        return (next() >> 11) % count;
    }
    [[nodiscard]] std::uint64_t word() noexcept { return next(); }

private:
    std::uint64_t next() noexcept {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545'f491'4f6c'dd1dULL;
    }

    std::uint64_t state_;
};

// STENTOR_SEED of the environment. Throws std::invalid_argument when it is no number.
[[nodiscard]] std::optional<std::uint64_t> seed_from_environment();

// Failures of the running test, when a framework was introduced; else 0.
[[nodiscard]] std::int64_t failures_so_far();

// Prints the seed and the line that replays it, once per search.
void report_seed(std::uint64_t seed);

// While for_each_seed() runs a scenario: it reports the seed itself, so buses do not.
class search_scope {
public:
    search_scope() noexcept { ++depth; }
    search_scope(const search_scope&) = delete;
    search_scope& operator=(const search_scope&) = delete;
    ~search_scope() { --depth; }
    [[nodiscard]] static bool active() noexcept { return depth != 0; }

private:
    static int depth;
};

}  // namespace stentor::inline v0::testing::detail
