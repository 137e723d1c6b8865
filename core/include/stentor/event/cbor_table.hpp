// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/codec_table.hpp>
#include <stentor/event/fields.hpp>

#include <array>
#include <cstddef>
#include <string_view>

// The tables of codec_table.hpp as CBOR has them.
//
// Threads: constants. Progress: made by the compiler.

namespace stentor::inline v0::detail {
class cbor_reader;
class cbor_writer;

// A text of that name: its length in the shortest form, then its bytes.
template <fixed_text Name>
inline constexpr auto cbor_name = [] {
    constexpr std::string_view name = Name.view();
    static_assert(name.size() < 0x10000);
    constexpr std::size_t head = name.size() < 24 ? 1 : name.size() < 0x100 ? 2 : 3;
    std::array<char, head + name.size()> bytes{};
    if constexpr (head == 1) {
        bytes[0] = static_cast<char>(0x60 | name.size());
    } else {
        bytes[0] = head == 2 ? '\x78' : '\x79';
        bytes[1] = static_cast<char>(head == 2 ? name.size() : name.size() >> 8);
        bytes[head - 1] = static_cast<char>(name.size() & 0xFF);
    }
    std::size_t at = head;
    for (const char c : name) {
        bytes[at++] = c;
    }
    return bytes;
}();

struct cbor_format {
    using reader = cbor_reader;
    using writer = cbor_writer;

    template <fixed_text Name>
    static constexpr std::string_view spelled = {cbor_name<Name>.data(), cbor_name<Name>.size()};

    [[nodiscard]] static constexpr std::string_view name_in(std::string_view spelled) noexcept {
        const char first = spelled.front();
        return spelled.substr(first == '\x79' ? 3 : first == '\x78' ? 2 : 1);
    }
};

using cbor_field = field_row<cbor_format>;
using cbor_fields = field_table<cbor_format>;
using cbor_alternative = alternative_row<cbor_format>;
using cbor_alternatives = alternative_table<cbor_format>;

}  // namespace stentor::inline v0::detail
