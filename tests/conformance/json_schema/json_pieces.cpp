// SPDX-License-Identifier: MIT
#include "conformance/json_schema/json_pieces.hpp"

#include <stentor/event/json.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

namespace stentor_test {

using pieces = std::vector<std::pair<std::string, std::string_view>>;
using stentor::detail::json_reader;

pieces json_pieces(std::string_view json) {
    pieces all;
    const auto done = stentor::detail::read_json_document(
        json, {.bytes_max = SIZE_MAX, .depth_max = stentor::json_depth_limit},
        [](json_reader& reader, void* into, std::size_t) {
            stentor::detail::value_form form{};
            if (reader.next_form(form) && form == stentor::detail::value_form::list) {
                return reader.read_list(
                    [](json_reader& from, void* list, std::size_t) {
                        auto& one = static_cast<pieces*>(list)->emplace_back();
                        return from.read_raw(one.second);
                    },
                    into);
            }
            return reader.read_members(
                [](json_reader& from, void* list, std::string_view name) {
                    auto& one = static_cast<pieces*>(list)->emplace_back(name, "");
                    return from.read_raw(one.second);
                },
                into);
        },
        &all);
    EXPECT_TRUE(done) << done.error().message();
    return all;
}

std::string_view json_piece(std::string_view object, std::string_view name) {
    for (const auto& [known, value] : json_pieces(object)) {
        if (known == name) {
            return value;
        }
    }
    return {};
}

std::string json_text(std::string_view text) {
    const auto read = stentor::from_json<std::string>(text);
    EXPECT_TRUE(read) << text;
    return read.value_or(std::string());
}

}  // namespace stentor_test
