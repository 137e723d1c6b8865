// SPDX-License-Identifier: MIT
#include "fuzz/fuzz_check.hpp"
#include "fuzz/topic_reference.hpp"
#include <stentor/event/topic.hpp>

#include <cstddef>
#include <cstdint>
#include <regex>
#include <string_view>

// Any bytes as a topic: checked against the slow reference, against a regular expression and
// against the laws that hold between the functions.

namespace {

bool is_printable_line(std::string_view text) {
    for (const char c : text) {
        if (c < ' ' || c > '~') {
            return false;
        }
    }
    return true;
}

bool matches_expression(std::string_view text) {
    static const std::regex grammar("[a-z0-9_-]{1,64}(\\.[a-z0-9_-]{1,64}){0,15}");
    return text.size() <= 255 && std::regex_match(text.begin(), text.end(), grammar);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const stentor::topic_check check = stentor::check_topic(text);
    const auto made = stentor::topic::parse(text);

    const bool valid = reference::is_topic(text);
    STENTOR_FUZZ_CHECK(valid == matches_expression(text));
    STENTOR_FUZZ_CHECK(check.ok() == (valid && !reference::is_reserved(text)));
    STENTOR_FUZZ_CHECK((check.fault == stentor::topic_fault::reserved) ==
                       (valid && reference::is_reserved(text)));
    STENTOR_FUZZ_CHECK(check.position <= size);
    if (valid) {
        STENTOR_FUZZ_CHECK(check.position == 0);
    } else if (size < 255) {  // beyond that the limit cuts what a beginning may become
        STENTOR_FUZZ_CHECK(check.position == *reference::first_fault(text, reference::is_topic));
    }

    STENTOR_FUZZ_CHECK(made.has_value() == check.ok());
    if (made) {
        STENTOR_FUZZ_CHECK(made->view() == text);
    } else {
        STENTOR_FUZZ_CHECK(made.error().code() == stentor::errc::invalid_topic);
        STENTOR_FUZZ_CHECK(made.error().message() == describe(check, text));
        STENTOR_FUZZ_CHECK(made.error().message().size() < 600);
        STENTOR_FUZZ_CHECK(is_printable_line(made.error().message()));
    }
    return 0;
}
