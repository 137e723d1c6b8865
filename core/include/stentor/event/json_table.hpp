// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// What the JSON codec knows of a type when it runs: tables of constants, made by json_value.hpp
// from the description and read by the reader and the writer, which therefore exist once and not
// once per type.

namespace stentor::inline v0 {
class unknown_fields;

namespace detail {
class json_reader;
class json_writer;

struct json_field {
    std::string_view quoted;  // `"name":`, as it is written
    bool (*read)(json_reader& reader, void* object);
    bool (*write)(json_writer& writer, const void* object);
    bool (*absent)(const void* object);  // null: always written, and required when read

    [[nodiscard]] constexpr std::string_view name() const noexcept {
        return quoted.substr(1, quoted.size() - 3);
    }
};

struct json_fields {
    const json_field* rows;
    std::size_t count;
    unknown_fields* (*unknown)(void* object);  // null: the type has no such member
};

inline constexpr std::size_t json_fields_max = 384;

// What a value looks like, told by its first byte.
enum class json_form : std::uint8_t { null, boolean, number, text, list, object };

// An alternative of a variant. Objects are wrapped, {"name": {...}}; the others stand alone.
struct json_alternative {
    json_form form;
    std::string_view name;  // of an object
    bool (*read)(json_reader& reader, void* variant);
    bool (*write)(json_writer& writer, const void* variant);
};

struct json_alternatives {
    const json_alternative* rows;
    std::size_t count;
};

// The unit of a moment: a tick is num / den seconds.
struct json_unit {
    std::int64_t num;
    std::int64_t den;
};

}  // namespace detail
}  // namespace stentor::inline v0
