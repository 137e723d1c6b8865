// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// What is said on standard error when nobody else takes it: one JSON object a line.
namespace stentor::inline v0::detail {

// Members of the object that `out` begins with, after `{`.
void append_json(std::string& out, std::string_view name, std::string_view text);
void append_json(std::string& out, std::string_view name, std::int64_t number);
// Leaves it out when it is not so.
void append_json_if(std::string& out, std::string_view name, bool so);
// Written whole, with a line feed behind it.
void write_line(std::string line) noexcept;

}  // namespace stentor::inline v0::detail
