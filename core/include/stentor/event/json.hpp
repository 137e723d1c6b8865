// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/codec_error.hpp>
#include <stentor/event/codec_value.hpp>
#include <stentor/event/fields.hpp>
#include <stentor/event/json_options.hpp>
#include <stentor/event/json_reader.hpp>
#include <stentor/event/json_writer.hpp>
#include <stentor/event/unknown_fields.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

// JSON for described types, both ways, without a tree in between. It is not part of
// <stentor/stentor.hpp>, because few files of a program need it; STENTOR_FIELDS is.
//
// | C++ | JSON |
// | --- | --- |
// | described struct | object, without the std::optionals that are empty; null is read as such |
// | bool, integers, float, double | true and false, numbers |
// | std::chrono durations | number, their count |
// | std::string, described enum | text; UTF-8, the enumerator's name |
// | time points of system_clock | text, RFC 3339 in UTC |
// | vectors and other sequences, std::array | list |
// | maps by std::string, integer, enum | object |
// | std::variant | null, bool, number, text or list as it stands; a struct as {"its name": {...}} |
//
// What is read is exact or refused: no number is rounded into an integer, no text cut, no field of
// the wrong type passed over. Integers are written without fraction and exponent.
//
// Threads: any, no state is shared. Progress: one pass, recursion no deeper than json_depth_limit.

namespace stentor::inline v0 {

// Appends the value's text. After an error `out` is as it was.
template <class T>
result<void, codec_error> append_json(std::string& out, const T& value,
                                      const json_write_options& options = {}) {
    return detail::write_json_document(
        out, options,
        [](detail::json_writer& writer, const void* object) {
            return detail::write_value(writer, *static_cast<const T*>(object));
        },
        &value);
}

template <class T>
[[nodiscard]] result<std::string, codec_error> to_json(const T& value,
                                                       const json_write_options& options = {}) {
    result<std::string, codec_error> text;
    if (auto written = append_json(*text, value, options); !written) {
        return unexpected(std::move(written).error());
    }
    return text;
}

template <class T>
[[nodiscard]] result<T, codec_error> from_json(std::string_view text,
                                               const json_read_options& options = {}) {
    static_assert(std::is_object_v<T> && !std::is_const_v<T>);
    static_assert(std::is_default_constructible_v<T> && std::is_nothrow_move_constructible_v<T>,
                  "stentor: from_json() makes an object and fills it: the type needs a default "
                  "constructor, and a move constructor that is noexcept");
    result<T, codec_error> value;
    auto done = detail::read_json_document(
        text, options,
        [](detail::json_reader& reader, void* into, std::size_t) {
            return detail::read_value(reader, *static_cast<T*>(into));
        },
        &*value);
    if (!done) {
        return unexpected(std::move(done).error());
    }
    return value;
}

}  // namespace stentor::inline v0
