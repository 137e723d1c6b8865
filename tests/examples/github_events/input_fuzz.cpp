// SPDX-License-Identifier: MIT

#include "fuzz/fuzz_check.hpp"
#include "json.hpp"
#include "mapping.hpp"
#include "ndjson.hpp"
#include "text.hpp"
#include "topic_name.hpp"
#include <stentor/event/topic.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

// Any bytes as a line of input: what is accepted can be published and keeps its meaning when it is
// read again, what is not is explained in one line.

namespace {

void check_message(const std::string& message) {
    STENTOR_FUZZ_CHECK(!message.empty());
    STENTOR_FUZZ_CHECK(github::printable(message) == message);
}

void check_record(const github::record& parsed) {
    STENTOR_FUZZ_CHECK(github::is_token(parsed.event));
    STENTOR_FUZZ_CHECK(parsed.id.size() <= 128);
    std::string payload = parsed.payload;
    STENTOR_FUZZ_CHECK(!github::json::fault_of(payload));
    STENTOR_FUZZ_CHECK(payload.front() == '{');
    STENTOR_FUZZ_CHECK(github::json::minified(payload) == payload);

    std::string again = R"({"payload":)" + payload + R"(,"event":")" + parsed.event + R"("})";
    const auto reread = github::parse_line(again);
    STENTOR_FUZZ_CHECK(reread.has_value());
    STENTOR_FUZZ_CHECK(reread->event == parsed.event);
    STENTOR_FUZZ_CHECK(reread->payload == parsed.payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string line(reinterpret_cast<const char*>(data), size);
    auto parsed = github::parse_line(line);
    if (!parsed) {
        check_message(parsed.error());
        return 0;
    }
    check_record(*parsed);
    const auto hook = github::to_webhook(*parsed);
    if (!hook) {
        check_message(hook.error());
        return 0;
    }
    STENTOR_FUZZ_CHECK(stentor::topic::parse(hook->topic).has_value());
    STENTOR_FUZZ_CHECK(!hook->source.empty());
    return 0;
}
