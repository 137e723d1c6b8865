// SPDX-License-Identifier: MIT
#include "event/base64.hpp"
#include "event/cloud_event_rules.hpp"
#include <stentor/event/cloud_event_json.hpp>
#include <stentor/event/json_writer.hpp>

#include <algorithm>
#include <utility>

// The writer of CloudEvents as JSON.

namespace stentor::inline v0 {
namespace {

using detail::json_writer;
using detail::text_attribute;

class event_writer {
public:
    event_writer(json_writer& writer, std::int32_t nested_max) noexcept
        : writer_(writer), nested_max_(nested_max) {}

    bool write(const cloud_event& event) {
        if (auto fault = detail::check_event(event)) {
            return writer_.refuse(*std::move(fault));
        }
        if (!writer_.open_map(0) || !text("specversion", cloud_event_spec_version)) {
            return false;
        }
        for (const text_attribute& each : detail::text_attributes) {
            if (each.required != nullptr) {
                if (!text(each.name, event.*each.required)) {
                    return false;
                }
            } else if (const auto& optional = event.*each.optional) {
                if (!text(each.name, *optional)) {
                    return false;
                }
            }
        }
        return time(event) && extensions(event) && data(event) && writer_.close_map();
    }

private:
    bool name(std::string_view attribute) {
        return writer_.write_text(attribute) && writer_.name_written();
    }
    bool text(std::string_view attribute, std::string_view value) {
        return name(attribute) && writer_.write_text(value) && writer_.next();
    }
    bool time(const cloud_event& event) {
        return !event.time || (name("time") &&
                               writer_.write_moment(event.time->time_since_epoch().count(),
                                                    detail::cloud_event_tick) &&
                               writer_.next());
    }
    bool extensions(const cloud_event& event) {
        return std::all_of(event.extensions.begin(), event.extensions.end(),
                           [this](const cloud_event_extension& each) {
                               return name(each.name) && value(each.value) && writer_.next();
                           });
    }
    bool value(const cloud_event_value& from) {
        if (const auto* const written = std::get_if<std::string>(&from)) {
            return writer_.write_text(*written);
        }
        if (const auto* const number = std::get_if<std::int32_t>(&from)) {
            return writer_.write_signed(*number);
        }
        return writer_.write_bool(std::get<bool>(from));
    }
    bool data(const cloud_event& event) {
        const std::string& bytes = event.data.bytes;
        switch (event.data.content) {
            case cloud_event_content::none: return true;
            case cloud_event_content::json: {
                if (auto fault = detail::check_json_data(bytes, nested_max_)) {
                    return writer_.refuse(*std::move(fault));
                }
                return name("data") && writer_.write_raw(bytes) && writer_.next();
            }
            case cloud_event_content::text: return text("data", bytes);
            case cloud_event_content::binary: break;
        }
        return text("data_base64", detail::to_base64(bytes));
    }

    json_writer& writer_;
    std::int32_t nested_max_;  // for objects and lists of the data
};

struct writing {
    std::span<const cloud_event> events;
    std::int32_t depth_max;
};

}  // namespace

result<void, codec_error> append_cloud_event_json(std::string& out, const cloud_event& event,
                                                  const json_write_options& options) {
    const writing job{{&event, 1}, std::min(options.depth_max, json_depth_limit)};
    return detail::write_json_document(
        out, options,
        [](json_writer& writer, const void* state) {
            const auto& what = *static_cast<const writing*>(state);
            return event_writer(writer, what.depth_max - 1).write(what.events.front());
        },
        &job);
}

result<std::string, codec_error> cloud_event_to_json(const cloud_event& event,
                                                     const json_write_options& options) {
    result<std::string, codec_error> text;
    if (auto written = append_cloud_event_json(*text, event, options); !written) {
        return unexpected(std::move(written).error());
    }
    return text;
}

result<std::string, codec_error> cloud_event_batch_to_json(std::span<const cloud_event> events,
                                                           const json_write_options& options) {
    const writing job{events, std::min(options.depth_max, json_depth_limit)};
    result<std::string, codec_error> text;
    auto written = detail::write_json_document(
        *text, options,
        [](json_writer& writer, const void* state) {
            const auto& what = *static_cast<const writing*>(state);
            event_writer one(writer, what.depth_max - 2);
            bool ok = writer.open_list(what.events.size());
            for (std::size_t at = 0; ok && at < what.events.size(); ++at) {
                ok = (one.write(what.events[at]) && writer.next()) || writer.in_element(at);
            }
            return ok && writer.close_list();
        },
        &job);
    if (!written) {
        return unexpected(std::move(written).error());
    }
    return text;
}

}  // namespace stentor::inline v0
