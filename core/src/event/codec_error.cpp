// SPDX-License-Identifier: MIT
#include <stentor/event/codec_error.hpp>

namespace stentor::inline v0 {
namespace {

// What to do, where the message does not say it already.
std::string_view advice(const codec_error& why) noexcept {
    switch (why.code) {
        case codec_errc::missing_field:  // what is no member of a described type is none of these
            return !why.expected.starts_with("the field ")
                       ? ""
                       : "; make the member a std::optional, or read with allow_missing, if it may "
                         "be left out";
        case codec_errc::unknown_field:
            return "; read without refuse_unknown, if newer publishers may add fields";
        case codec_errc::too_deep: return "; raise depth_max, if this is meant";
        case codec_errc::too_large: return "; raise bytes_max, if this is meant";
        default: return {};
    }
}

}  // namespace

std::string_view to_string(codec_errc code) noexcept {
    switch (code) {
        case codec_errc::malformed: return "malformed";
        case codec_errc::truncated: return "truncated";
        case codec_errc::invalid_utf8: return "invalid_utf8";
        case codec_errc::wrong_type: return "wrong_type";
        case codec_errc::out_of_range: return "out_of_range";
        case codec_errc::unknown_name: return "unknown_name";
        case codec_errc::missing_field: return "missing_field";
        case codec_errc::unknown_field: return "unknown_field";
        case codec_errc::duplicate_name: return "duplicate_name";
        case codec_errc::too_deep: return "too_deep";
        case codec_errc::too_large: return "too_large";
        case codec_errc::no_memory: return "no_memory";
    }
    return "unknown";
}

std::string codec_error::message() const {
    if (code == codec_errc::no_memory) {
        return "out of memory";
    }
    std::string text = path.empty() ? "the document" : path;
    text += ", byte ";
    text += std::to_string(offset);
    text += ": expected ";
    text += expected;
    text += ", found ";
    text += found;
    text += advice(*this);
    return text;
}

}  // namespace stentor::inline v0
