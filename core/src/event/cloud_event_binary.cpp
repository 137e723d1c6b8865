// SPDX-License-Identifier: MIT
#include "event/cloud_event_binary.hpp"

#include "event/cloud_event_rules.hpp"
#include "event/codec_text.hpp"
#include "event/media_type.hpp"
#include "event/percent_text.hpp"
#include "event/text_excerpt.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace stentor::inline v0::detail {
namespace {

constexpr std::string_view ce_prefix = "ce-";

// The value of a ce- header: the quotes of older senders, then one round of percent-decoding.
result<std::string, codec_error> decode_value(std::string_view value) {
    std::string unquoted;
    value = trimmed_value(value);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        value = value.substr(1, value.size() - 2);
        for (std::size_t at = 0; at < value.size(); ++at) {
            at += value[at] == '\\' && at + 1 < value.size() ? 1U : 0U;
            unquoted += value[at];
        }
        value = unquoted;
    }
    std::size_t fault = 0;
    auto decoded = percent_decoded(value, fault);
    if (!decoded) {
        return unexpected(attribute_error(codec_errc::malformed, fault,
                                          "two hexadecimal digits behind %",
                                          quoted_excerpt(value, fault)));
    }
    return *std::move(decoded);
}

// Reading in binary mode.
class binary_reader {
public:
    attribute_fault read_header(const header& from) {
        const std::string name = lower_case(from.name);
        if (!name.starts_with(ce_prefix)) {
            return {};
        }
        auto fault = read_attribute(name.substr(ce_prefix.size()), from.value);
        if (fault) {
            fault->path = name;
        }
        return fault;
    }

    attribute_fault check_complete() {
        std::sort(names_.begin(), names_.end());
        const auto twice = std::adjacent_find(names_.begin(), names_.end());
        if (twice != names_.end()) {
            return at_path(std::string(ce_prefix) + *twice,
                           attribute_error(codec_errc::duplicate_name, 0, "each header once",
                                           quoted_excerpt(*twice, 0) + " again"));
        }
        for (const std::string_view name : {"specversion", "id", "source", "type"}) {
            if (!std::binary_search(names_.begin(), names_.end(), name)) {
                const std::string missing = std::string(ce_prefix) + std::string(name);
                return at_path(missing, attribute_error(codec_errc::missing_field, 0,
                                                        "the header " + missing, "none"));
            }
        }
        return {};
    }

    attribute_fault read_body(std::string_view type_text, std::string_view body,
                              const json_read_options& options) {
        std::optional<media_type> type;
        if (!type_text.empty()) {
            type = parse_media_type(type_text);
            if (!type) {
                return at_path(content_type_header, *check_media_type(type_text));
            }
            event_.datacontenttype = type_text;
        }
        if (body.empty()) {
            return {};
        }
        if (type && declares_json(*type)) {
            if (auto fault = check_json_data(body, options.depth_max)) {
                return fault;
            }
            event_.data = cloud_event_data::json(std::string(body));
        } else if (type && declares_text(*type) && is_utf8(*type) &&
                   find_invalid_utf8(body) == std::string_view::npos) {
            event_.data = cloud_event_data::text(std::string(body));
        } else {
            event_.data = cloud_event_data::binary(std::string(body));
        }
        return {};
    }

    [[nodiscard]] cloud_event take() { return std::move(event_); }

private:
    attribute_fault read_attribute(const std::string& name, std::string_view value) {
        if (!is_attribute_name(name) || name == "datacontenttype") {
            return bad_name(name);
        }
        auto text = decode_value(value);
        if (!text) {
            return std::move(text).error();
        }
        names_.push_back(name);
        if (name == "specversion") {
            return check_spec_version(*text);
        }
        if (name == "time") {
            return read_time(*text);
        }
        const text_attribute* const attribute = find_text_attribute(name);
        auto fault = attribute != nullptr ? attribute->check(*text) : check_string(*text);
        if (fault) {
            return fault;
        }
        if (attribute == nullptr) {
            event_.extensions.push_back({name, *std::move(text)});
        } else if (attribute->required != nullptr) {
            event_.*attribute->required = *std::move(text);
        } else {
            event_.*attribute->optional = *std::move(text);
        }
        return {};
    }

    attribute_fault read_time(const std::string& text) {
        std::int64_t ticks = 0;
        const auto fault = parse_moment(text, 1, 1'000'000'000, ticks);
        if (fault != moment_fault::none) {
            const bool malformed = fault == moment_fault::malformed;
            return attribute_error(malformed ? codec_errc::wrong_type : codec_errc::out_of_range, 0,
                                   malformed ? "a moment such as \"2026-11-27T03:12:52Z\""
                                             : "a moment that 64 bits of nanoseconds can hold",
                                   quoted_excerpt(text, 0));
        }
        event_.time = cloud_event_time(std::chrono::nanoseconds(ticks));
        return {};
    }

    cloud_event event_{};
    std::vector<std::string> names_{};
};

attribute_fault check_size(std::span<const header> headers, std::string_view body,
                           std::size_t bytes_max) {
    std::size_t size = body.size();
    for (const header& each : headers) {
        size += each.name.size() + each.value.size();
    }
    return size <= bytes_max ? attribute_fault()
                             : attribute_error(codec_errc::too_large, bytes_max,
                                               "at most " + std::to_string(bytes_max) + " bytes",
                                               std::to_string(size) + " bytes");
}

// Writing in binary mode.
attribute_fault check_body(const cloud_event& event, const json_write_options& options) {
    if (event.data.bytes.size() > options.bytes_max) {
        return at_path("data",
                       attribute_error(codec_errc::too_large, options.bytes_max,
                                       "at most " + std::to_string(options.bytes_max) + " bytes",
                                       std::to_string(event.data.bytes.size()) + " bytes"));
    }
    if (event.data.content == cloud_event_content::json) {
        return check_json_data(event.data.bytes, options.depth_max);
    }
    if (event.data.content == cloud_event_content::text &&
        !is_utf8(*parse_media_type(*event.datacontenttype))) {
        return at_path("datacontenttype",
                       attribute_error(codec_errc::wrong_type, 0,
                                       "the charset UTF-8, because text becomes a body as it is",
                                       quoted_excerpt(*event.datacontenttype, 0)));
    }
    return {};
}

std::string time_text(cloud_event_time time) {
    char text[moment_size_max];
    return {text, format_moment(time.time_since_epoch().count(), 1, 1'000'000'000, text)};
}

cloud_event_message write_binary(const cloud_event& event) {
    cloud_event_message out;
    const auto add = [&](std::string_view name, std::string_view value) {
        out.headers.push_back(
            {std::string(ce_prefix) + std::string(name), header_percent_encoded(value)});
    };
    add("specversion", cloud_event_spec_version);
    for (const text_attribute& each : text_attributes) {
        if (each.required != nullptr) {
            add(each.name, event.*each.required);
        } else if (each.optional != &cloud_event::datacontenttype && event.*each.optional) {
            add(each.name, *(event.*each.optional));
        }
    }
    if (event.time) {
        add("time", time_text(*event.time));
    }
    for (const cloud_event_extension& each : event.extensions) {
        add(each.name, to_string(each.value));
    }
    if (event.datacontenttype) {
        out.headers.push_back({std::string(content_type_header), *event.datacontenttype});
    } else if (event.data.content == cloud_event_content::json) {
        out.headers.push_back({std::string(content_type_header), "application/json"});
    }
    out.body = event.data.bytes;
    return out;
}

}  // namespace

std::string_view trimmed_value(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(" \t");
    return first == std::string_view::npos
               ? std::string_view()
               : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

result<cloud_event, codec_error> read_binary_event(std::span<const header> headers,
                                                   std::string_view content_type,
                                                   std::string_view body,
                                                   const json_read_options& options) {
    binary_reader reader;
    auto fault = check_size(headers, body, options.bytes_max);
    for (std::size_t at = 0; !fault && at < headers.size(); ++at) {
        fault = reader.read_header(headers[at]);
    }
    if (!fault) {
        fault = reader.check_complete();
    }
    if (!fault) {
        fault = reader.read_body(content_type, body, options);
    }
    if (fault) {
        return unexpected(*std::move(fault));
    }
    return reader.take();
}

result<cloud_event_message, codec_error> write_binary_event(const cloud_event& event,
                                                            const json_write_options& options) {
    auto fault = check_event(event);
    if (!fault) {
        fault = check_body(event, options);
    }
    if (fault) {
        return unexpected(*std::move(fault));
    }
    return write_binary(event);
}

}  // namespace stentor::inline v0::detail
