// SPDX-License-Identifier: MIT
#include <stentor/event/cloud_event_http.hpp>

#include "event/cloud_event_binary.hpp"
#include "event/cloud_event_rules.hpp"
#include "event/media_type.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/cloud_event_json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace stentor::inline v0 {
namespace {

using detail::at_path;
using detail::attribute_error;
using detail::content_type_header;
using detail::without_throwing;

constexpr std::string_view structured_type = "application/cloudevents";
constexpr std::string_view batch_type = "application/cloudevents-batch";

// The value of the only Content-Type; empty: there is none.
result<std::string_view, codec_error> find_content_type(std::span<const header> headers) {
    std::optional<std::string_view> found;
    for (const header& each : headers) {
        if (detail::lower_case(each.name) != content_type_header) {
            continue;
        }
        if (found) {
            return unexpected(
                at_path(content_type_header,
                        attribute_error(codec_errc::duplicate_name, 0, "one Content-Type",
                                        detail::quoted_excerpt(each.value, 0) + " as well")));
        }
        found = detail::trimmed_value(each.value);
    }
    return found.value_or(std::string_view());
}

result<cloud_event_mode, codec_error> mode_by_type(std::string_view text) {
    const auto refuse = [&](codec_errc code, std::string expected) {
        return unexpected(at_path(
            content_type_header,
            attribute_error(code, 0, std::move(expected), detail::quoted_excerpt(text, 0))));
    };
    const auto type = detail::parse_media_type(text);
    if (!type) {
        return refuse(codec_errc::wrong_type, "a media type");
    }
    const bool batch = type->name == std::string(batch_type) + "+json";
    if (!batch && type->name != std::string(structured_type) + "+json") {
        return refuse(codec_errc::unknown_name,
                      "application/cloudevents+json or application/cloudevents-batch+json");
    }
    if (!detail::is_utf8(*type)) {
        return refuse(codec_errc::unknown_name, "JSON in UTF-8");
    }
    return batch ? cloud_event_mode::batch : cloud_event_mode::structured;
}

result<cloud_event_mode, codec_error> find_mode(std::span<const header> headers) {
    const auto type = find_content_type(headers);
    if (!type) {
        return unexpected(type.error());
    }
    if (detail::lower_case(*type).starts_with(structured_type)) {
        return mode_by_type(*type);
    }
    const bool any = std::any_of(headers.begin(), headers.end(), [](const header& each) {
        return detail::lower_case(each.name) == "ce-specversion";
    });
    if (!any) {
        return unexpected(
            attribute_error(codec_errc::missing_field, 0,
                            "a Content-Type of CloudEvents or a header ce-specversion", "neither"));
    }
    return cloud_event_mode::binary;
}

result<cloud_event_message, codec_error> in_body(result<std::string, codec_error> text,
                                                 std::string_view type) {
    if (!text) {
        return unexpected(std::move(text).error());
    }
    return cloud_event_message{
        {{std::string(content_type_header), std::string(type) + "+json; charset=utf-8"}},
        *std::move(text)};
}

}  // namespace

std::vector<header> cloud_event_message::header_views() const {
    std::vector<header> views;
    views.reserve(headers.size());
    for (const cloud_event_header& each : headers) {
        views.push_back({each.name, each.value});
    }
    return views;
}

result<cloud_event_mode, codec_error> cloud_event_mode_of(std::span<const header> headers) {
    return without_throwing<cloud_event_mode>([&] { return find_mode(headers); });
}

result<cloud_event_message, codec_error> cloud_event_to_http(const cloud_event& event,
                                                             cloud_event_mode mode,
                                                             const json_write_options& options) {
    const auto run = [&]() -> result<cloud_event_message, codec_error> {
        if (mode == cloud_event_mode::structured) {
            return in_body(cloud_event_to_json(event, options), structured_type);
        }
        if (mode == cloud_event_mode::batch) {
            return in_body(cloud_event_batch_to_json({&event, 1}, options), batch_type);
        }
        return detail::write_binary_event(event, options);
    };
    return without_throwing<cloud_event_message>(run);
}

result<cloud_event_message, codec_error> cloud_event_batch_to_http(
    std::span<const cloud_event> events, const json_write_options& options) {
    return without_throwing<cloud_event_message>(
        [&] { return in_body(cloud_event_batch_to_json(events, options), batch_type); });
}

result<cloud_event, codec_error> cloud_event_from_http(std::span<const header> headers,
                                                       std::string_view body,
                                                       const json_read_options& options) {
    const auto run = [&]() -> result<cloud_event, codec_error> {
        const auto mode = find_mode(headers);
        if (!mode) {
            return unexpected(mode.error());
        }
        if (*mode == cloud_event_mode::batch) {
            return unexpected(at_path(
                content_type_header,
                attribute_error(codec_errc::wrong_type, 0, "one event",
                                "a batch; cloud_event_batch_from_http() reads those as well")));
        }
        return *mode == cloud_event_mode::structured
                   ? cloud_event_from_json(body, options)
                   : detail::read_binary_event(headers, find_content_type(headers).value(), body,
                                               options);
    };
    return without_throwing<cloud_event>(run);
}

result<std::vector<cloud_event>, codec_error> cloud_event_batch_from_http(
    std::span<const header> headers, std::string_view body, const json_read_options& options) {
    const auto run = [&]() -> result<std::vector<cloud_event>, codec_error> {
        if (const auto mode = find_mode(headers); mode && *mode == cloud_event_mode::batch) {
            return cloud_event_batch_from_json(body, options);
        }
        auto one = cloud_event_from_http(headers, body, options);
        if (!one) {
            return unexpected(std::move(one).error());
        }
        std::vector<cloud_event> events;
        events.push_back(*std::move(one));
        return events;
    };
    return without_throwing<std::vector<cloud_event>>(run);
}

}  // namespace stentor::inline v0
