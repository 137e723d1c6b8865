// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstddef>
#include <string_view>

// A number with a meaning. Two ids with different tags do not convert into each other or into
// numbers, so that a lane's number cannot be passed where a route's is asked for.
//
//     using lane_id = strong_id<struct lane_id_tag, std::uint32_t>;

namespace stentor::inline v0 {

template <class Tag, class Rep>
class strong_id {
public:
    using tag_type = Tag;
    using rep = Rep;

    constexpr strong_id() noexcept = default;
    constexpr explicit strong_id(Rep value) noexcept : value_(value) {}

    [[nodiscard]] constexpr Rep value() const noexcept { return value_; }

    friend constexpr bool operator==(strong_id, strong_id) noexcept = default;
    friend constexpr auto operator<=>(strong_id, strong_id) noexcept = default;

private:
    Rep value_{};
};

}  // namespace stentor::inline v0

template <class Tag, class Rep>
struct std::hash<stentor::strong_id<Tag, Rep>> {
    [[nodiscard]] std::size_t operator()(stentor::strong_id<Tag, Rep> id) const noexcept {
        return std::hash<Rep>{}(id.value());
    }
};
