// SPDX-License-Identifier: MIT
#include "fuzz/fuzz_check.hpp"
#include "fuzz/json_reference.hpp"
#include "support/described.hpp"
#include <stentor/event/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The bytes as JSON: for a type that knows no field and keeps all, where acceptance is that of the
// reference; and for one with members of every kind, where what was accepted must come back from
// its own text, and what was refused must say so in a way that the reference agrees with.

namespace {

using stentor::codec_errc;

bool is_grammar(codec_errc code) {
    return code == codec_errc::malformed || code == codec_errc::truncated;
}

void check_error(const stentor::codec_error& why, std::string_view text,
                 const reference::json_verdict& verdict) {
    STENTOR_FUZZ_CHECK(why.offset <= text.size());
    STENTOR_FUZZ_CHECK(!why.expected.empty() && !why.found.empty());
    STENTOR_FUZZ_CHECK(why.code != codec_errc::truncated || why.offset == text.size());
    const std::string message = why.message();
    STENTOR_FUZZ_CHECK(message.size() < 2000);
    for (const char c : message) {
        STENTOR_FUZZ_CHECK(c >= ' ' && c <= '~');
    }
    if (verdict.well_formed()) {
        STENTOR_FUZZ_CHECK(!is_grammar(why.code));
        STENTOR_FUZZ_CHECK(why.code != codec_errc::invalid_utf8 || verdict.has_half_pair());
        STENTOR_FUZZ_CHECK(why.code != codec_errc::duplicate_name || verdict.repeats_a_name());
        STENTOR_FUZZ_CHECK(why.code != codec_errc::too_deep ||
                           verdict.depth() > stentor::json_depth_default);
    }
}

template <class T>
void check_round_trip(const T& value) {
    const auto text = stentor::to_json(value);
    STENTOR_FUZZ_CHECK(text.has_value());
    STENTOR_FUZZ_CHECK(reference::json_verdict(*text).well_formed());
    const auto again = stentor::from_json<T>(*text);
    STENTOR_FUZZ_CHECK(again.has_value());
    STENTOR_FUZZ_CHECK(*again == value);
}

template <class T>
bool check_type(std::string_view text, const reference::json_verdict& verdict,
                const stentor::json_read_options& options) {
    const auto read = stentor::from_json<T>(text, options);
    if (!read) {
        check_error(read.error(), text, verdict);
        return false;
    }
    STENTOR_FUZZ_CHECK(verdict.well_formed() && !verdict.repeats_a_name());
    STENTOR_FUZZ_CHECK(!verdict.has_half_pair());
    check_round_trip(*read);
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const reference::json_verdict verdict(text);
    const bool acceptable = verdict.well_formed() && verdict.is_object() &&
                            !verdict.repeats_a_name() && !verdict.has_half_pair() &&
                            verdict.depth() <= stentor::json_depth_default;

    STENTOR_FUZZ_CHECK(check_type<described::anything>(text, verdict, {}) == acceptable);
    check_type<described::whole>(text, verdict, {.allow_missing = true});
    check_type<described::lists>(text, verdict, {.refuse_unknown = true});
    check_type<described::variants>(text, verdict, {});
    check_type<described::tree>(text, verdict, {.allow_missing = true});
    check_type<std::vector<described::numbers>>(text, verdict, {.allow_missing = true});
    return 0;
}
