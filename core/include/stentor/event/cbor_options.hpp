// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

// The limits of the CBOR codec, and how strict it is.

namespace stentor::inline v0 {

inline constexpr std::size_t cbor_bytes_default = 1024 * 1024;
inline constexpr std::int32_t cbor_depth_default = 64;
inline constexpr std::int32_t cbor_depth_limit = 512;  // higher values of depth_max count as this

struct cbor_read_options {
    std::size_t bytes_max = cbor_bytes_default;
    // Objects and lists within each other; the outermost is 1.
    std::int32_t depth_max = cbor_depth_default;
    // A field that is missing keeps its member's initialiser. Otherwise it is an error, unless the
    // member is a std::optional.
    bool allow_missing = false;
    // A field that the type does not know is an error. Otherwise it is kept if the type has a
    // member `unknown_fields`, else ignored.
    bool refuse_unknown = false;
};

struct cbor_write_options {
    std::size_t bytes_max = cbor_bytes_default;
    std::int32_t depth_max = cbor_depth_default;
};

}  // namespace stentor::inline v0
