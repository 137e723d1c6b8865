// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Values of a JSON text as they stand in it, for tests that pass them on.

namespace stentor_test {

// The members of an object, or the elements of a list, whose names are empty; they point into the
// text. Fails the test when it is neither.
[[nodiscard]] std::vector<std::pair<std::string, std::string_view>> json_pieces(
    std::string_view json);
// The member's value as it stands; empty: there is none.
[[nodiscard]] std::string_view json_piece(std::string_view object, std::string_view name);
// A text's characters.
[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace stentor_test
