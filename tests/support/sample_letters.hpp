// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/resilience/dead_letter.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

// Dead letters for tests.
namespace stentor_test {

[[nodiscard]] inline stentor::event_id letter_id(std::uint64_t index) {
    return stentor::event_id::from_words(0x0190'0000'0000'7000, index);
}

[[nodiscard]] inline stentor::dead_letter small_letter(std::uint64_t index,
                                                       std::string error = "no answer") {
    stentor::dead_letter letter;
    letter.id = letter_id(index);
    letter.topic = "order.placed";
    letter.subscription = "mail";
    letter.payload = {stentor::dead_letter_content::json, R"({"id":1})", nullptr};
    stentor::add_attempt(letter, {1,
                                  std::chrono::system_clock::time_point(std::chrono::seconds(5)),
                                  std::chrono::milliseconds(2),
                                  {std::move(error)}});
    return letter;
}

// Every field differs from its default; texts with quotes, other scripts, zeros and no UTF-8.
[[nodiscard]] inline stentor::dead_letter rich_letter() {
    using namespace std::chrono_literals;
    using moment = std::chrono::system_clock::time_point;
    stentor::dead_letter letter = small_letter(7, "bad \xff\xfe bytes");
    letter.number = 18'446'744'073'709'551'615U;
    letter.type_name = "order_placed";
    letter.key = std::string("k\0y", 3);
    letter.correlation_id = "\"quoted\"\n";
    letter.causation_id = letter_id(6);
    letter.published = moment(1'700'000'000'123'456'789ns);
    letter.depth = 3;
    letter.user_id = "\u00fcser \U0001F600";
    letter.source = "/shop/\u65e5\u672c";
    letter.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    letter.tracestate = "a=b";
    letter.expires_at = moment(2'000'000'000s);
    letter.schema_version = 4;
    letter.headers = {{"h", "v"}, {"\xc3", std::string("\0", 1)}};
    letter.reason = stentor::dead_letter_reason::retry_capacity;
    stentor::add_attempt(letter, {2, moment(9s), 1ns, {"outer", "inner\t", ""}});
    letter.attempts_total = 40;
    letter.fingerprint = 0xFEDC'BA98'7654'3210;
    letter.redrives = 2;
    letter.notes = {{"ticket", "OPS-1"}, {"", "\x80"}};
    return letter;
}

}  // namespace stentor_test
