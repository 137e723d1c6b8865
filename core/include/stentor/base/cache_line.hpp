// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

// Padding as a type. A field that one thread writes and others read often gets a line of its own by
// being a padded<T>, so that false sharing is visible where the field is declared.
// std::hardware_destructive_interference_size is not used: GCC warns that it may change with
// -mtune, and our layouts are part of the ABI.

namespace stentor::inline v0 {

inline constexpr std::size_t cache_line_size = 64;

template <class Value>
struct alignas(cache_line_size) padded {
    Value value{};
};

static_assert(sizeof(padded<char>) == cache_line_size);
static_assert(sizeof(padded<char[cache_line_size + 1]>) % cache_line_size == 0);

}  // namespace stentor::inline v0
