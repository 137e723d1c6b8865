// SPDX-License-Identifier: MIT
#include <stentor/event/field_walk.hpp>

#include "event/codec_text.hpp"

#include <algorithm>

namespace stentor::inline v0::detail {

namespace {

constexpr std::string_view not_utf8 = "the text is not UTF-8";

}  // namespace

void field_walk::text(std::string_view value) noexcept {
    bytes_ += value.size();
    if (value.empty()) {
        nothing();
    } else if (what_.utf8 && find_invalid_utf8(value) != std::string_view::npos) {
        found_.add({}, "utf8", not_utf8);
    }
}

void field_walk::key(std::string_view value) noexcept {
    bytes_ += value.size();
    if (what_.utf8 && find_invalid_utf8(value) != std::string_view::npos) {
        found_.add({}, "utf8", "the key is not UTF-8");
    }
}

void field_walk::nothing() noexcept {
    if (std::ranges::any_of(what_.required,
                            [this](const std::string& one) { return found_.stands_at(one); })) {
        found_.add({}, "required", "the field is required, and it is empty");
    }
}

}  // namespace stentor::inline v0::detail
