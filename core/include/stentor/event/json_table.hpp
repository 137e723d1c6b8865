// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/codec_table.hpp>
#include <stentor/event/fields.hpp>

#include <array>
#include <cstddef>
#include <string_view>

// The tables of codec_table.hpp as JSON has them.
//
// Threads: constants. Progress: made by the compiler.

namespace stentor::inline v0::detail {
class json_reader;
class json_writer;

template <fixed_text Name>
inline constexpr auto quoted_name = [] {
    constexpr std::string_view name = Name.view();
    std::array<char, name.size() + 3> text{};
    std::size_t at = 0;
    text[at++] = '"';
    for (const char c : name) {
        text[at++] = c;
    }
    text[at++] = '"';
    text[at++] = ':';
    return text;
}();

struct json_format {
    using reader = json_reader;
    using writer = json_writer;

    template <fixed_text Name>  // `"name":`
    static constexpr std::string_view spelled = {quoted_name<Name>.data(),
                                                 quoted_name<Name>.size()};

    [[nodiscard]] static constexpr std::string_view name_in(std::string_view spelled) noexcept {
        return spelled.substr(1, spelled.size() - 3);
    }
};

using json_field = field_row<json_format>;
using json_fields = field_table<json_format>;
using json_alternative = alternative_row<json_format>;
using json_alternatives = alternative_table<json_format>;

}  // namespace stentor::inline v0::detail
