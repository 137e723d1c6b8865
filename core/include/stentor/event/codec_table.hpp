// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// What a codec knows of a type when it runs: tables of constants, made by codec_value.hpp from the
// description and read by the reader and the writer of a format, which therefore exist once and not
// once per type. A format is a type that names the two, and says how it spells names.
//
// Threads: constants. Progress: made by the compiler.

namespace stentor::inline v0 {
class unknown_fields;

namespace detail {

template <class Format>
struct field_row {
    std::string_view spelled;  // the name as it stands in front of the value
    bool (*read)(typename Format::reader& reader, void* object);
    bool (*write)(typename Format::writer& writer, const void* object);
    bool (*absent)(const void* object);  // null: always written, and required when read

    [[nodiscard]] constexpr std::string_view name() const noexcept {
        return Format::name_in(spelled);
    }
};

template <class Format>
struct field_table {
    const field_row<Format>* rows;
    std::size_t count;
    unknown_fields* (*unknown)(void* object);  // null: the type has no such member
};

inline constexpr std::size_t fields_max = 384;

// What a value looks like, told by its first byte.
enum class value_form : std::uint8_t { null, boolean, number, text, list, object };

// An alternative of a variant. Objects are wrapped, {"name": {...}}; the others stand alone.
template <class Format>
struct alternative_row {
    value_form form;
    std::string_view name;  // of an object
    bool (*read)(typename Format::reader& reader, void* variant);
    bool (*write)(typename Format::writer& writer, const void* variant);
};

template <class Format>
struct alternative_table {
    const alternative_row<Format>* rows;
    std::size_t count;
};

// A number of which nobody knows the type.
struct any_number {
    enum class kinds : std::uint8_t { natural, negative, real };
    kinds kind = kinds::natural;
    std::uint64_t natural = 0;
    std::int64_t negative = 0;
    double real = 0;
};

// The unit of a moment: a tick is num / den seconds.
struct tick_unit {
    std::int64_t num;
    std::int64_t den;
};

}  // namespace detail
}  // namespace stentor::inline v0
