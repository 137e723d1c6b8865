// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/cbor_options.hpp>
#include <stentor/event/cbor_reader.hpp>
#include <stentor/event/cbor_writer.hpp>
#include <stentor/event/codec_error.hpp>
#include <stentor/event/codec_value.hpp>
#include <stentor/event/fields.hpp>
#include <stentor/event/unknown_fields.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

// CBOR (RFC 8949) for described types, both ways, without a tree in between. It is not part of
// <stentor/stentor.hpp>, because few files of a program need it; STENTOR_FIELDS is. What a type
// looks like is as in event/json.hpp, with these differences:
//
// | C++ | CBOR |
// | --- | --- |
// | integers | integers; where a number is read, of any length |
// | float, double | the shortest of 16, 32, 64 bits that is the same number; nan, infinity too |
// | time points of system_clock | text with tag 0; read without it too, and as seconds with tag 1 |
// | maps by integer | map with integers as keys |
//
// The core deterministic encoding but for its order of keys: fields stand in the order of the
// description, and the entries of maps in theirs. What is read is exact or refused, as with JSON.
//
// Threads: any, no state is shared. Progress: one pass, recursion no deeper than cbor_depth_limit.

namespace stentor::inline v0 {

// Appends the value's bytes. After an error `out` is as it was.
template <class T>
result<void, codec_error> append_cbor(std::vector<std::byte>& out, const T& value,
                                      const cbor_write_options& options = {}) {
    return detail::write_cbor_document(
        out, options,
        [](detail::cbor_writer& writer, const void* object) {
            return detail::write_value(writer, *static_cast<const T*>(object));
        },
        &value);
}

template <class T>
[[nodiscard]] result<std::vector<std::byte>, codec_error> to_cbor(
    const T& value, const cbor_write_options& options = {}) {
    result<std::vector<std::byte>, codec_error> bytes;
    if (auto written = append_cbor(*bytes, value, options); !written) {
        return unexpected(std::move(written).error());
    }
    return bytes;
}

template <class T>
[[nodiscard]] result<T, codec_error> from_cbor(std::span<const std::byte> bytes,
                                               const cbor_read_options& options = {}) {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>);
    static_assert(std::is_default_constructible_v<T> && std::is_nothrow_move_constructible_v<T>,
                  "stentor: from_cbor() makes an object and fills it: the type needs a default "
                  "constructor, and a move constructor that is noexcept");
    result<T, codec_error> value;
    auto done = detail::read_cbor_document(
        bytes, options,
        [](detail::cbor_reader& reader, void* into, std::size_t) {
            return detail::read_value(reader, *static_cast<T*>(into));
        },
        &*value);
    if (!done) {
        return unexpected(std::move(done).error());
    }
    return value;
}

}  // namespace stentor::inline v0
