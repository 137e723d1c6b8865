// SPDX-License-Identifier: MIT

#include "ndjson.hpp"

#include "json.hpp"
#include "topic_name.hpp"

#include <utility>

namespace github {
namespace {

constexpr std::size_t id_bytes_max = 128;

stentor::unexpected<std::string> fault(std::string why) {
    return stentor::unexpected<std::string>(std::move(why));
}

}  // namespace

stentor::result<record, std::string> parse_line(std::string& line) {
    if (auto why = json::fault_of(line)) {
        return fault(std::move(*why));
    }
    auto opened = json::open(line);
    simdjson::ondemand::object object;
    if (opened.get_object().get(object) != simdjson::SUCCESS) {
        return fault(R"(not a JSON object; a line is {"event": "...", "payload": {...}})");
    }

    record parsed;
    std::string_view text;
    if (object["event"].get_string().get(text) != simdjson::SUCCESS) {
        return fault(R"("event" is missing or not a string)");
    }
    if (!is_token(text)) {
        return fault(R"("event" is not a name of [a-z0-9_-], 1 to 64 characters)");
    }
    parsed.event = text;

    if (auto id = object["id"]; id.error() == simdjson::SUCCESS) {
        if (id.get_string().get(text) != simdjson::SUCCESS || text.size() > id_bytes_max) {
            return fault(R"("id" is not a string of at most 128 bytes)");
        }
        parsed.id = text;
    }

    simdjson::ondemand::object payload;
    std::string_view raw;
    if (object["payload"].get_object().get(payload) != simdjson::SUCCESS ||
        payload.raw_json().get(raw) != simdjson::SUCCESS) {
        return fault(R"("payload" is missing or not an object)");
    }
    parsed.payload = json::minified(raw);
    return parsed;
}

}  // namespace github
