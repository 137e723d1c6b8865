// SPDX-License-Identifier: MIT
#include "event/base64.hpp"
#include "examples/run_program.hpp"
#include "support/random_cloud_event.hpp"
#include <stentor/event/cloud_event_http.hpp>
#include <stentor/event/cloud_event_json.hpp>
#include <stentor/event/json.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// Another implementation reads what we write, and we read what it writes: the JavaScript SDK of
// CloudEvents, in each mode. What it cannot do is left out: it knows no percent-encoding, and of a
// time only milliseconds.

namespace {

using stentor::cloud_event;
using stentor::cloud_event_content;
using stentor::cloud_event_data;
using stentor::cloud_event_mode;
using stentor_test::program_run;
using stentor_test::run_program;

using attribute = std::variant<bool, std::int64_t, std::string>;

// As peer.js has them.
struct peer_event {
    std::map<std::string, attribute> attributes{};
    std::string content{};
    std::string data{};  // base64
    bool operator==(const peer_event&) const = default;
    STENTOR_FIELDS(peer_event, attributes, content, data);
};
struct peer_message {
    std::map<std::string, std::string> headers{};
    std::string body{};  // base64
    std::vector<peer_event> events{};
    STENTOR_FIELDS(peer_message, headers, body, events);
};

std::string milliseconds(stentor::cloud_event_time time) {
    const auto text = stentor::to_json(std::chrono::floor<std::chrono::milliseconds>(time)).value();
    return text.substr(1, text.size() - 2);
}

std::string_view content_name(cloud_event_content content) {
    switch (content) {
        case cloud_event_content::none: return "none";
        case cloud_event_content::json: return "json";
        case cloud_event_content::text: return "text";
        case cloud_event_content::binary: break;
    }
    return "binary";
}

peer_event as_peer(const cloud_event& event) {
    peer_event out;
    out.attributes = {{"specversion", "1.0"},
                      {"id", event.id},
                      {"source", event.source},
                      {"type", event.type},
                      {"time", milliseconds(event.time.value())}};
    const auto add = [&](std::string_view name, const std::optional<std::string>& value) {
        if (value) {
            out.attributes.emplace(name, *value);
        }
    };
    add("subject", event.subject);
    add("datacontenttype", event.datacontenttype);
    add("dataschema", event.dataschema);
    for (const auto& each : event.extensions) {
        out.attributes.emplace(
            each.name, std::visit(
                           [](const auto& value) -> attribute {
                               if constexpr (std::is_same_v<decltype(value), const std::int32_t&>) {
                                   return std::int64_t{value};
                               } else {
                                   return value;
                               }
                           },
                           each.value));
    }
    out.content = content_name(event.data.content);
    out.data = stentor::detail::to_base64(event.data.bytes);
    return out;
}

// In HTTP headers everything is a text.
peer_event with_texts(peer_event event) {
    for (auto& [name, value] : event.attributes) {
        if (const auto* const number = std::get_if<std::int64_t>(&value)) {
            value = std::to_string(*number);
        } else if (const auto* const flag = std::get_if<bool>(&value)) {
            value = *flag ? "true" : "false";
        }
    }
    return event;
}

// The path of the SDK; empty, with a failure that says what to do, when it cannot be had.
const std::string& sdk() {
    static const std::string path = [] {
        const program_run fetched =
            run_program({STENTOR_FETCH_PACKAGE, STENTOR_CLOUD_EVENTS "/sdk.lock"},
                        {.time_limit = std::chrono::seconds(120)});
        EXPECT_EQ(fetched.exit_code, 0) << fetched.err;
        return fetched.exit_code == 0 ? stentor_test::lines_of(fetched.out).front() : "";
    }();
    return path;
}

std::vector<std::string> peer(const std::string& what, const std::string& input = {}) {
    if (sdk().empty()) {
        return {};
    }
    const program_run ran = run_program(
        {"/usr/bin/env", "node", STENTOR_CLOUD_EVENTS "/peer.js", sdk(), what}, {.input = input});
    EXPECT_NE(ran.exit_code, 127) << "node is not installed; ./dev test installs it, or Debian's "
                                     "apt-get install nodejs";
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return stentor_test::lines_of(ran.out);
}

// Events that the SDK can hold, with a time, because it makes one where there is none.
std::vector<cloud_event> samples(bool plain) {
    std::vector<cloud_event> events;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        stentor_test::random_cloud_events random(seed);
        cloud_event event = random.event(plain);
        event.time = stentor::cloud_event_time(
            std::chrono::milliseconds(1'700'000'000'000 + static_cast<std::int64_t>(seed) * 777));
        switch (seed % 4) {
            case 0:
                event.datacontenttype = "application/json";
                event.data = cloud_event_data::json(R"({"a":[1,2.5,null,true],"b":"\"x"})");
                break;
            case 1:
                event.datacontenttype = "text/plain";
                event.data = cloud_event_data::text("text \u20ac \"quoted\"\n");
                break;
            case 2:
                event.datacontenttype = "application/octet-stream";
                event.data = cloud_event_data::binary(std::string("\0\xff\x80z", 4));
                break;
            default: event.datacontenttype.reset(); event.data = {};
        }
        events.push_back(std::move(event));
    }
    return events;
}

std::string line_of(const stentor::cloud_event_message& message) {
    peer_message out;
    for (const auto& each : message.headers) {
        out.headers[each.name] = each.value;
    }
    out.body = stentor::detail::to_base64(message.body);
    return stentor::to_json(out).value() + "\n";
}

std::vector<peer_event> events_in(const std::string& line) {
    auto read = stentor::from_json<std::vector<peer_event>>(line);
    EXPECT_TRUE(read) << read.error().message() << '\n' << line;
    return read.value_or(std::vector<peer_event>());
}

void expect_read_by_the_sdk(cloud_event_mode mode) {
    const bool binary = mode == cloud_event_mode::binary;
    const std::vector<cloud_event> events = samples(binary);
    std::string input;
    for (const cloud_event& each : events) {
        input += line_of(stentor::cloud_event_to_http(each, mode).value());
    }
    const std::vector<std::string> lines = peer("read", input);
    ASSERT_EQ(lines.size(), events.size());
    for (std::size_t at = 0; at < lines.size(); ++at) {
        const auto got = events_in(lines[at]);
        ASSERT_EQ(got.size(), 1U);
        const peer_event wanted = as_peer(events[at]);
        EXPECT_EQ(stentor::to_json(got.front()).value(),
                  stentor::to_json(binary ? with_texts(wanted) : wanted).value());
    }
}

TEST(cloud_events_sdk, reads_our_structured_mode) {
    expect_read_by_the_sdk(cloud_event_mode::structured);
}

TEST(cloud_events_sdk, reads_our_binary_mode) {
    expect_read_by_the_sdk(cloud_event_mode::binary);
}

TEST(cloud_events_sdk, reads_our_batches) {
    const std::vector<cloud_event> events = samples(false);
    const auto lines = peer("read", line_of(stentor::cloud_event_batch_to_http(events).value()));
    ASSERT_EQ(lines.size(), 1U);
    const auto got = events_in(lines.front());
    ASSERT_EQ(got.size(), events.size());
    for (std::size_t at = 0; at < got.size(); ++at) {
        EXPECT_EQ(stentor::to_json(got[at]).value(), stentor::to_json(as_peer(events[at])).value());
    }
}

TEST(cloud_events_sdk, writes_what_we_read) {
    const std::vector<std::string> lines = peer("write");
    ASSERT_GT(lines.size(), 15U);
    std::map<cloud_event_mode, int> modes;
    for (const std::string& line : lines) {
        const auto message = stentor::from_json<peer_message>(line);
        ASSERT_TRUE(message) << message.error().message() << '\n' << line;
        std::vector<stentor::header> headers;
        for (const auto& [name, value] : message->headers) {
            headers.push_back({name, value});
        }
        const auto body = stentor::detail::from_base64(message->body).value();
        const auto mode = stentor::cloud_event_mode_of(headers).value();
        const auto events = stentor::cloud_event_batch_from_http(headers, body);
        ASSERT_TRUE(events) << events.error().message() << '\n' << line;
        ASSERT_EQ(events->size(), message->events.size());
        for (std::size_t at = 0; at < events->size(); ++at) {
            const bool binary = mode == cloud_event_mode::binary;
            peer_event wanted = message->events[at];
            if (binary && !wanted.attributes.contains("datacontenttype")) {
                // Its binary mode says this when nobody said anything.
                wanted.attributes["datacontenttype"] = "application/json; charset=utf-8";
            }
            EXPECT_EQ(stentor::to_json(as_peer((*events)[at])).value(),
                      stentor::to_json(binary ? with_texts(wanted) : wanted).value());
        }
        ++modes[mode];
    }
    EXPECT_EQ(modes.size(), 3U);
}

}  // namespace
