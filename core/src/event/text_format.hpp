// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

// The formats of JSON Schema that are looked at: grammar only, nobody is asked whether a host is
// there.
//
// Threads: functions of their arguments. Progress: in proportion to the text; only `regex`
// allocates.

namespace stentor::inline v0::detail {

using text_format = bool (*)(std::string_view text);

// Null: not looked at.
[[nodiscard]] text_format find_text_format(std::string_view name) noexcept;

}  // namespace stentor::inline v0::detail
