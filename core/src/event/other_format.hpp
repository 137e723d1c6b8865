// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/codec_error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Fields that a type does not know, from a document of the other format: an object that was read
// from JSON can be written as CBOR whole, and back.

namespace stentor::inline v0::detail {

// False, with the reason, when the other format cannot hold them: JSON has no byte strings, no nan
// and no integers above 64 bits, and names of texts and integers only.
[[nodiscard]] bool json_fields_as_cbor(std::string_view text, std::vector<std::byte>& bytes,
                                       codec_error& why);
[[nodiscard]] bool cbor_fields_as_json(std::string_view bytes, std::string& text, codec_error& why);

}  // namespace stentor::inline v0::detail
