// SPDX-License-Identifier: MIT
#include <stentor/resilience/dead_letter_lines.hpp>

#include "event/base64.hpp"
#include "event/codec_text.hpp"
#include <stentor/event/json.hpp>

#include <charconv>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

namespace stentor::inline v0 {

namespace {

constexpr std::size_t line_bytes_max = std::size_t{1} << 30;
constexpr std::string_view inlined_name = "\"json\":";

// A text that is no UTF-8.
struct raw_bytes {
    std::string base64{};
    STENTOR_FIELDS(raw_bytes, base64);
};
using any_text = std::variant<std::string, raw_bytes>;

struct pair_line {
    any_text name{};
    any_text value{};
    STENTOR_FIELDS(pair_line, name, value);
};

struct attempt_line {
    std::int32_t number = 1;
    std::chrono::system_clock::time_point at{};
    std::chrono::nanoseconds duration_ns{};
    std::vector<any_text> errors{};
    STENTOR_FIELDS(attempt_line, number, at, duration_ns, errors);
};

// A payload that stands here as it is, is a field of the name `json` that the type does not know.
struct payload_line {
    dead_letter_content content = dead_letter_content::binary;
    std::optional<std::string> base64{};
    unknown_fields inlined{};
    STENTOR_FIELDS(payload_line, content, base64, inlined);
};

struct letter_line {
    std::uint64_t number = 0;
    std::string id{};
    any_text topic{}, type_name{}, key{}, correlation_id{};
    std::optional<std::string> causation_id{};
    std::chrono::system_clock::time_point published{};
    std::int32_t depth = 0;
    any_text user_id{}, source{}, traceparent{}, tracestate{};
    std::optional<std::chrono::system_clock::time_point> expires_at{};
    std::uint32_t schema_version = 1;
    std::vector<pair_line> headers{};
    any_text subscription{};
    dead_letter_reason reason = dead_letter_reason::exhausted;
    std::vector<attempt_line> attempts{};
    std::uint64_t attempts_total = 0;
    std::string fingerprint{};  // hexadecimal: many readers of JSON cannot hold 64 bits
    std::chrono::system_clock::time_point first_failed{};
    std::chrono::system_clock::time_point last_failed{};
    std::uint64_t redrives = 0;
    std::vector<pair_line> notes{};
    std::optional<payload_line> payload{};
    STENTOR_FIELDS(letter_line, number, id, topic, type_name, key, correlation_id, causation_id,
                   published, depth, user_id, source, traceparent, tracestate, expires_at,
                   schema_version, headers, subscription, reason, attempts, attempts_total,
                   fingerprint, first_failed, last_failed, redrives, notes, payload);
};

any_text to_line(const std::string& text) {
    if (detail::find_invalid_utf8(text) == std::string_view::npos) {
        return text;
    }
    return raw_bytes{detail::to_base64(text)};
}

std::string hexadecimal(std::uint64_t value) {
    std::string out(16, '0');
    for (std::size_t at = 16; at-- > 0; value >>= 4) {
        out[at] = "0123456789abcdef"[value & 15U];
    }
    return out;
}

letter_line to_line(const dead_letter& letter) {
    letter_line line;
    line.number = letter.number;
    line.id = letter.id.to_string();
    line.topic = to_line(letter.topic);
    line.type_name = to_line(letter.type_name);
    line.key = to_line(letter.key);
    line.correlation_id = to_line(letter.correlation_id);
    if (letter.causation_id) {
        line.causation_id = letter.causation_id->to_string();
    }
    line.published = letter.published;
    line.depth = letter.depth;
    line.user_id = to_line(letter.user_id);
    line.source = to_line(letter.source);
    line.traceparent = to_line(letter.traceparent);
    line.tracestate = to_line(letter.tracestate);
    line.expires_at = letter.expires_at;
    line.schema_version = letter.schema_version;
    for (const dead_letter_header& each : letter.headers) {
        line.headers.push_back({to_line(each.name), to_line(each.value)});
    }
    line.subscription = to_line(letter.subscription);
    line.reason = letter.reason;
    for (const dead_letter_attempt& each : letter.attempts) {
        auto& added =
            line.attempts.emplace_back(attempt_line{each.number, each.at, each.duration, {}});
        for (const std::string& error : each.errors) {
            added.errors.push_back(to_line(error));
        }
    }
    line.attempts_total = letter.attempts_total;
    line.fingerprint = hexadecimal(letter.fingerprint);
    line.first_failed = letter.first_failed;
    line.last_failed = letter.last_failed;
    line.redrives = letter.redrives;
    for (const dead_letter_note& each : letter.notes) {
        line.notes.push_back({to_line(each.key), to_line(each.value)});
    }
    return line;
}

// Whether the text, part of a well-formed document, is one value and not several fields.
bool is_one_value(std::string_view text) noexcept {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (quoted) {
            at += c == '\\' ? 1U : 0U;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            --depth;
        } else if (c == ',' && depth == 0) {
            return false;
        }
    }
    return true;
}

constexpr json_read_options lenient = {
    .bytes_max = line_bytes_max, .depth_max = json_depth_limit, .allow_missing = true};

std::optional<std::string_view> inlined_value(const payload_line& payload) noexcept {
    std::string_view text = payload.inlined.text();
    if (!text.starts_with(inlined_name)) {
        return std::nullopt;
    }
    text.remove_prefix(inlined_name.size());
    return is_one_value(text) ? std::optional(text) : std::nullopt;
}

// `{"content":"json","json":...}`, or nothing when its bytes would not come back so.
std::optional<std::string> inlined_payload(const std::string& bytes) {
    if (bytes.empty() || bytes.find_first_of("\n\r") != std::string::npos) {
        return std::nullopt;
    }
    std::string text = "{\"content\":\"json\"," + std::string(inlined_name) + bytes + "}";
    // One level deeper than here, as in its line.
    const auto read = from_json<std::vector<payload_line>>("[" + text + "]", lenient);
    if (!read || read->size() != 1 || inlined_value(read->front()) != bytes) {
        return std::nullopt;
    }
    return text;
}

std::string payload_text(const dead_letter_payload& payload) {
    if (payload.content == dead_letter_content::object) {
        return R"({"content":"object"})";
    }
    if (payload.content == dead_letter_content::json) {
        if (auto inlined = inlined_payload(payload.bytes)) {
            return *std::move(inlined);
        }
        return R"({"content":"json","base64":")" + detail::to_base64(payload.bytes) + "\"}";
    }
    const bool cbor = payload.content == dead_letter_content::cbor;
    return std::string(cbor ? R"({"content":"cbor","base64":")"
                            : R"({"content":"binary","base64":")") +
           detail::to_base64(payload.bytes) + "\"}";
}

// What is well-formed JSON and still no letter; keeps the first fault.
class line_reader {
public:
    std::string text(any_text& from, std::string_view path) {
        if (auto* plain = std::get_if<std::string>(&from)) {
            return std::move(*plain);
        }
        return bytes(std::get<raw_bytes>(from).base64, path);
    }
    std::string bytes(const std::string& base64, std::string_view path) {
        auto decoded = detail::from_base64(base64);
        if (!decoded) {
            fail(codec_errc::malformed, path, "base64 with padding", "something else");
            return {};
        }
        return *std::move(decoded);
    }
    event_id id(const std::string& from, std::string_view path) {
        const auto parsed = event_id::parse(from);
        if (!parsed) {
            fail(codec_errc::malformed, path, "a UUID", "something else");
        }
        return parsed.value_or(event_id{});
    }
    std::uint64_t fingerprint(const std::string& from) {
        std::uint64_t value = 0;
        const char* end = from.data() + from.size();
        if (!from.empty() && std::from_chars(from.data(), end, value, 16).ptr != end) {
            fail(codec_errc::malformed, "fingerprint", "16 hexadecimal digits", "something else");
        }
        return value;
    }
    dead_letter_payload payload(const std::optional<payload_line>& from) {
        dead_letter_payload out;
        if (!from) {
            fail(codec_errc::missing_field, "payload", "the field", "none");
            return out;
        }
        out.content = from->content;
        if (from->base64) {
            out.bytes = bytes(*from->base64, "payload.base64");
        } else if (const auto inlined = inlined_value(*from)) {
            out.bytes = *inlined;
        } else if (from->content != dead_letter_content::object) {
            fail(codec_errc::missing_field, "payload", "a field `json` or `base64`", "neither");
        }
        return out;
    }
    void need(const std::string& text, std::string_view path) {
        if (text.empty()) {
            fail(codec_errc::missing_field, path, "a text that is not empty", "none");
        }
    }
    void fail(codec_errc code, std::string_view path, std::string expected, std::string found) {
        if (!error_) {
            error_ = codec_error{code, 0, std::string(path), std::move(expected), std::move(found)};
        }
    }
    [[nodiscard]] std::optional<codec_error>& error() noexcept { return error_; }

private:
    std::optional<codec_error> error_{};
};

void read_event(line_reader& reader, letter_line& line, dead_letter& out) {
    out.number = line.number;
    out.id = reader.id(line.id, "id");
    out.topic = reader.text(line.topic, "topic");
    reader.need(out.topic, "topic");
    out.type_name = reader.text(line.type_name, "type_name");
    out.key = reader.text(line.key, "key");
    out.correlation_id = reader.text(line.correlation_id, "correlation_id");
    if (line.causation_id) {
        out.causation_id = reader.id(*line.causation_id, "causation_id");
    }
    out.published = line.published;
    out.depth = line.depth;
    out.user_id = reader.text(line.user_id, "user_id");
    out.source = reader.text(line.source, "source");
    out.traceparent = reader.text(line.traceparent, "traceparent");
    out.tracestate = reader.text(line.tracestate, "tracestate");
    out.expires_at = line.expires_at;
    out.schema_version = line.schema_version;
    for (pair_line& each : line.headers) {
        out.headers.push_back(
            {reader.text(each.name, "headers"), reader.text(each.value, "headers")});
    }
    out.payload = reader.payload(line.payload);
}

void read_failure(line_reader& reader, letter_line& line, dead_letter& out) {
    out.subscription = reader.text(line.subscription, "subscription");
    reader.need(out.subscription, "subscription");
    out.reason = line.reason;
    for (attempt_line& each : line.attempts) {
        auto& added = out.attempts.emplace_back(
            dead_letter_attempt{each.number, each.at, each.duration_ns, {}});
        for (any_text& error : each.errors) {
            added.errors.push_back(reader.text(error, "attempts"));
        }
    }
    out.attempts_total = line.attempts_total;
    out.fingerprint = reader.fingerprint(line.fingerprint);
    out.first_failed = line.first_failed;
    out.last_failed = line.last_failed;
    out.redrives = line.redrives;
    for (pair_line& each : line.notes) {
        out.notes.push_back({reader.text(each.name, "notes"), reader.text(each.value, "notes")});
    }
}

}  // namespace

result<void, codec_error> append_dead_letter_line(std::string& out, const dead_letter& letter) {
    std::string text;
    if (auto written = append_json(text, to_line(letter), {.bytes_max = line_bytes_max});
        !written) {
        return written;
    }
    text.pop_back();  // the brace: the payload comes last
    text += ",\"payload\":";
    text += payload_text(letter.payload);
    text += '}';
    if (text.size() > line_bytes_max) {
        return unexpected(codec_error{codec_errc::too_large, text.size(), "payload",
                                      "a line of at most 1 GiB", "a longer one"});
    }
    out += text;
    return {};
}

result<dead_letter, codec_error> read_dead_letter_line(std::string_view text) {
    auto line = from_json<letter_line>(text, lenient);
    if (!line) {
        return unexpected(std::move(line).error());
    }
    dead_letter out;
    line_reader reader;
    read_event(reader, *line, out);
    read_failure(reader, *line, out);
    if (reader.error()) {
        return unexpected(*std::move(reader.error()));
    }
    return out;
}

}  // namespace stentor::inline v0
