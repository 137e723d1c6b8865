// SPDX-License-Identifier: MIT
#include "fuzz/cbor_reference.hpp"
#include "fuzz/fuzz_check.hpp"
#include "support/described.hpp"
#include <stentor/event/cbor.hpp>
#include <stentor/event/json.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The bytes as CBOR: for a type that knows no field and keeps all, where acceptance is that of the
// reference; and for those with members of every kind, where what was accepted must come back from
// its own bytes, and what was refused must say so in a way that the reference agrees with. What is
// kept is then written as JSON, which may refuse it, but not break.

namespace {

using stentor::codec_errc;

void check_error(const stentor::codec_error& why, std::size_t size,
                 const reference::cbor_verdict& verdict) {
    STENTOR_FUZZ_CHECK(why.offset <= size);
    STENTOR_FUZZ_CHECK(!why.expected.empty() && !why.found.empty());
    STENTOR_FUZZ_CHECK(why.code != codec_errc::truncated || why.offset == size);
    const std::string message = why.message();
    STENTOR_FUZZ_CHECK(message.size() < 2000);
    for (const char c : message) {
        STENTOR_FUZZ_CHECK(c >= ' ' && c <= '~');
    }
    if (verdict.well_formed()) {
        STENTOR_FUZZ_CHECK(why.code != codec_errc::malformed && why.code != codec_errc::truncated);
        STENTOR_FUZZ_CHECK(why.code != codec_errc::invalid_utf8 || verdict.has_other_than_utf8());
        STENTOR_FUZZ_CHECK(why.code != codec_errc::too_deep ||
                           verdict.depth() > stentor::cbor_depth_default);
    }
}

template <class T>
void check_round_trip(const T& value) {
    const auto bytes = stentor::to_cbor(value);
    if (!bytes) {  // a moment of tag 1 may lie outside of the years that texts have
        STENTOR_FUZZ_CHECK(bytes.error().code == codec_errc::out_of_range);
        return;
    }
    const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    STENTOR_FUZZ_CHECK(reference::cbor_verdict(text).well_formed());
    const auto again = stentor::from_cbor<T>(*bytes);
    STENTOR_FUZZ_CHECK(again.has_value());
    STENTOR_FUZZ_CHECK(*again == value || !(value == value));  // nan
}

template <class T>
bool check_type(std::span<const std::byte> bytes, const reference::cbor_verdict& verdict,
                const stentor::cbor_read_options& options) {
    const auto read = stentor::from_cbor<T>(bytes, options);
    if (!read) {
        check_error(read.error(), bytes.size(), verdict);
        return false;
    }
    STENTOR_FUZZ_CHECK(verdict.well_formed() && !verdict.has_other_than_utf8());
    check_round_trip(*read);
    return true;
}

void check_other_format(std::span<const std::byte> bytes) {
    const auto event = stentor::from_cbor<described::anything>(bytes);
    const auto text = stentor::to_json(*event);
    if (!text) {
        const codec_errc code = text.error().code;
        STENTOR_FUZZ_CHECK(code == codec_errc::wrong_type || code == codec_errc::out_of_range ||
                           code == codec_errc::duplicate_name);
        return;
    }
    const auto other = stentor::from_json<described::anything>(*text);
    STENTOR_FUZZ_CHECK(other.has_value());
    const auto back = stentor::to_cbor(*other);
    STENTOR_FUZZ_CHECK(back.has_value());
    STENTOR_FUZZ_CHECK(stentor::from_cbor<described::anything>(*back).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    const reference::cbor_verdict verdict({reinterpret_cast<const char*>(data), size});
    const bool acceptable = verdict.well_formed() && verdict.is_object() &&
                            !verdict.repeats_a_name() && !verdict.has_other_than_utf8() &&
                            verdict.depth() <= stentor::cbor_depth_default;

    STENTOR_FUZZ_CHECK(check_type<described::anything>(bytes, verdict, {}) == acceptable);
    if (acceptable) {
        check_other_format(bytes);
    }
    check_type<described::whole>(bytes, verdict, {.allow_missing = true});
    check_type<described::lists>(bytes, verdict, {.refuse_unknown = true});
    check_type<described::variants>(bytes, verdict, {});
    check_type<described::tree>(bytes, verdict, {.allow_missing = true});
    check_type<std::map<std::int64_t, described::times>>(bytes, verdict, {.allow_missing = true});
    check_type<std::vector<described::numbers>>(bytes, verdict, {.allow_missing = true});
    return 0;
}
