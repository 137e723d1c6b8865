// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace stentor::inline v0 {

// What a handler may return instead of nothing: what is to become of the delivery.
//
//   done      it is handled; the same as returning from a handler of void
//   retry     not yet: try again after that long
//   reject    never: the event is poison for this handler
//   ignore    handled by doing nothing; counted apart, so that one sees how many
//   release   given back: it goes behind what is queued, or with an order stays before the others
//             of its key; and the call does not count as an attempt
//
// Threads: a value. Progress: done() neither allocates nor looks at anything; a reason of up to 15
// characters does not allocate either.
class [[nodiscard]] outcome {
public:
    enum class verdict : std::uint8_t { done, retry, reject, ignore, release };

    outcome() noexcept = default;  // done

    static outcome done() noexcept { return {}; }
    static outcome retry(std::chrono::nanoseconds after = {}, std::string why = {}) noexcept {
        return {verdict::retry, after, std::move(why)};
    }
    static outcome reject(std::string why = {}) noexcept {
        return {verdict::reject, {}, std::move(why)};
    }
    static outcome ignore(std::string why = {}) noexcept {
        return {verdict::ignore, {}, std::move(why)};
    }
    static outcome release() noexcept { return {verdict::release, {}, {}}; }

    [[nodiscard]] verdict what() const noexcept { return what_; }
    [[nodiscard]] std::chrono::nanoseconds after() const noexcept { return after_; }
    [[nodiscard]] std::string_view why() const noexcept { return why_; }

private:
    outcome(verdict what, std::chrono::nanoseconds after, std::string why) noexcept
        : what_(what), after_(after), why_(std::move(why)) {}

    verdict what_ = verdict::done;
    std::chrono::nanoseconds after_{};
    std::string why_;
};

static_assert(std::is_nothrow_move_constructible_v<outcome>);

}  // namespace stentor::inline v0
