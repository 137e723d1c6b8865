// SPDX-License-Identifier: MIT
#include "fuzz/fuzz_check.hpp"
#include <stentor/event/cloud_event_http.hpp>
#include <stentor/event/cloud_event_json.hpp>
#include <stentor/event/cloud_event_mapping.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The bytes as an event, a batch, and an HTTP message: what was read keeps the rules, comes back
// from its own text, from every mode of HTTP, and through an event of ours.

namespace {

using stentor::cloud_event;
using stentor::cloud_event_content;
using stentor::cloud_event_mode;

// What a message does not say: no data or empty ones, text or bytes; and white space behind a
// media type, which is no part of a header's value.
cloud_event as_in_headers(cloud_event event) {
    if (auto& type = event.datacontenttype) {
        type->erase(type->find_last_not_of(" \t") + 1);
    }
    for (auto& each : event.extensions) {
        each.value = stentor::to_string(each.value);
    }
    if (event.data.content == cloud_event_content::json && !event.datacontenttype) {
        event.datacontenttype = "application/json";
    }
    event.data.content = cloud_event_content::none;
    return event;
}

void check_http(const cloud_event& event) {
    const auto binary = stentor::cloud_event_to_http(event, cloud_event_mode::binary);
    if (!binary) {  // text in another charset than UTF-8
        STENTOR_FUZZ_CHECK(event.data.content == cloud_event_content::text);
        return;
    }
    const auto read = stentor::cloud_event_from_http(binary->header_views(), binary->body);
    if (!read) {  // bytes that are called JSON and are none
        STENTOR_FUZZ_CHECK(event.data.content == cloud_event_content::binary);
        return;
    }
    STENTOR_FUZZ_CHECK(as_in_headers(*read) == as_in_headers(event));
}

// Headers that became attributes stand behind the others.
stentor::mapped_event ordered(stentor::mapped_event event) {
    std::sort(event.headers.begin(), event.headers.end(), [](const auto& left, const auto& right) {
        return std::pair(left.name, left.value) < std::pair(right.name, right.value);
    });
    return event;
}

void check_mapping(const cloud_event& event) {
    const auto mapped = stentor::from_cloud_event(
        event, {.id = stentor::event_id::from_words(1, 2), .topic = "fuzz.foreign"});
    if (!mapped) {
        STENTOR_FUZZ_CHECK(!mapped.error().message().empty());
        return;
    }
    const auto again = stentor::to_cloud_event(*mapped);
    STENTOR_FUZZ_CHECK(again.has_value());
    const auto back = stentor::from_cloud_event(*again);
    STENTOR_FUZZ_CHECK(back.has_value());
    STENTOR_FUZZ_CHECK(ordered(*back) == ordered(*mapped));
}

void check_event(const cloud_event& event) {
    STENTOR_FUZZ_CHECK(stentor::check_cloud_event(event).has_value());
    // What was a body has one level less than what stands in an event.
    const auto text = stentor::cloud_event_to_json(event, {.depth_max = 70});
    STENTOR_FUZZ_CHECK(text.has_value());
    const auto again = stentor::cloud_event_from_json(*text, {.depth_max = 70});
    STENTOR_FUZZ_CHECK(again.has_value());
    cloud_event same = *again;
    if (same.data.content == cloud_event_content::json) {
        // White space around a body is no part of its value.
        STENTOR_FUZZ_CHECK(event.data.bytes.find(same.data.bytes) != std::string::npos);
        same.data.bytes = event.data.bytes;
    }
    STENTOR_FUZZ_CHECK(same == event);
    check_http(event);
    check_mapping(event);
}

// Lines `name: value`, an empty one, the body.
void check_message(std::string_view text) {
    std::vector<stentor::header> headers;
    while (!text.empty() && text.front() != '\n') {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const std::size_t colon = std::min(line.find(':'), line.size());
        headers.push_back({line.substr(0, colon), line.substr(std::min(colon + 1, line.size()))});
    }
    const std::string_view body = text.empty() ? text : text.substr(1);
    const auto events = stentor::cloud_event_batch_from_http(headers, body);
    const auto mode = stentor::cloud_event_mode_of(headers);
    STENTOR_FUZZ_CHECK(mode.has_value() || !events.has_value());
    if (events) {
        for (const cloud_event& each : *events) {
            check_event(each);
        }
    } else {
        STENTOR_FUZZ_CHECK(!events.error().message().empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto event = stentor::cloud_event_from_json(text)) {
        check_event(*event);
    } else {
        STENTOR_FUZZ_CHECK(event.error().offset <= size);
    }
    if (const auto events = stentor::cloud_event_batch_from_json(text)) {
        const auto again = stentor::cloud_event_batch_to_json(*events);
        STENTOR_FUZZ_CHECK(again.has_value());
        STENTOR_FUZZ_CHECK(stentor::cloud_event_batch_from_json(*again).value() == *events);
    }
    check_message(text);
    return 0;
}
