// SPDX-License-Identifier: MIT
#include "event/base64.hpp"
#include "event/cloud_event_rules.hpp"
#include "event/json_text.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/cloud_event_json.hpp>
#include <stentor/event/json_reader.hpp>

#include <algorithm>
#include <limits>
#include <utility>

// The reader of CloudEvents as JSON.

namespace stentor::inline v0 {
namespace {

using detail::json_reader;
using detail::text_attribute;

// Reading: the members come in any order, so what `data` is shows at the end.
struct event_reader {
    cloud_event event{};
    bool has_version = false;
    std::uint32_t seen = 0;  // a bit for each of text_attributes
    std::optional<std::string_view> data{};
    std::optional<std::string> data_base64{};
    std::size_t data_at = 0;
    std::size_t base64_at = 0;

    bool read_member(json_reader& reader, std::string_view name);
    bool read_text(json_reader& reader, const text_attribute& attribute);
    bool read_version(json_reader& reader);
    bool read_time(json_reader& reader);
    bool read_base64(json_reader& reader);
    bool read_extension(json_reader& reader, std::string name);
    bool finish(json_reader& reader);
    bool take_data(json_reader& reader);
    bool take_base64(json_reader& reader);
};

// A fault inside a text: its bytes may be escaped in the document, so only the text is told.
bool refuse_value(json_reader& reader, std::size_t at, codec_error why) {
    why.offset = at;
    return reader.refuse(std::move(why));
}

bool refuse_at(json_reader& reader, std::size_t at, std::string_view path, codec_errc code,
               std::string expected, std::string found) {
    return reader.refuse({code, at, std::string(path), std::move(expected), std::move(found)});
}

bool event_reader::read_member(json_reader& reader, std::string_view name) {
    if (name == "data") {
        data_at = reader.offset();
        return reader.read_raw(data.emplace());
    }
    if (name == "data_base64") {
        return read_base64(reader);
    }
    if (!detail::is_attribute_name(name)) {
        return refuse_value(reader, reader.offset(), detail::bad_name(name));
    }
    if (const text_attribute* const attribute = detail::find_text_attribute(name)) {
        return read_text(reader, *attribute);
    }
    if (name == "specversion") {
        return read_version(reader);
    }
    return name == "time" ? read_time(reader) : read_extension(reader, std::string(name));
}

bool event_reader::read_text(json_reader& reader, const text_attribute& attribute) {
    const std::size_t at = reader.offset();
    if (reader.take_null()) {
        return true;
    }
    std::string text;
    if (!reader.read_text(text)) {
        return false;
    }
    if (auto fault = attribute.check(text)) {
        return refuse_value(reader, at, *std::move(fault));
    }
    seen |= std::uint32_t{1} << static_cast<unsigned>(&attribute - detail::text_attributes.data());
    if (attribute.required != nullptr) {
        event.*attribute.required = std::move(text);
    } else {
        event.*attribute.optional = std::move(text);
    }
    return true;
}

bool event_reader::read_version(json_reader& reader) {
    const std::size_t at = reader.offset();
    if (reader.take_null()) {
        return true;
    }
    std::string text;
    if (!reader.read_text(text)) {
        return false;
    }
    if (auto fault = detail::check_spec_version(text)) {
        return refuse_value(reader, at, *std::move(fault));
    }
    has_version = true;
    return true;
}

bool event_reader::read_time(json_reader& reader) {
    std::int64_t ticks = 0;
    if (reader.take_null()) {
        return true;
    }
    if (!reader.read_moment(ticks, detail::cloud_event_tick)) {
        return false;
    }
    event.time = cloud_event_time(std::chrono::nanoseconds(ticks));
    return true;
}

bool event_reader::read_base64(json_reader& reader) {
    base64_at = reader.offset();
    return reader.take_null() || reader.read_text(data_base64.emplace());
}

bool event_reader::read_extension(json_reader& reader, std::string name) {
    constexpr auto min = std::numeric_limits<std::int32_t>::min();
    constexpr auto max = std::numeric_limits<std::int32_t>::max();
    const std::size_t at = reader.offset();
    detail::value_form form{};
    if (!reader.next_form(form)) {
        return false;
    }
    cloud_event_value value;
    switch (form) {
        case detail::value_form::null: return reader.read_null();
        case detail::value_form::boolean:
            if (!reader.read_bool(value.emplace<bool>())) {
                return false;
            }
            break;
        case detail::value_form::number: {
            std::int64_t number = 0;
            if (!reader.read_signed(number, min, max)) {
                return false;
            }
            value = static_cast<std::int32_t>(number);
            break;
        }
        case detail::value_form::text: {
            auto& text = value.emplace<std::string>();
            if (!reader.read_text(text)) {
                return false;
            }
            if (auto fault = detail::check_string(text)) {
                return refuse_value(reader, at, *std::move(fault));
            }
            break;
        }
        default:
            return refuse_at(reader, at, {}, codec_errc::wrong_type,
                             "a text, true, false or an integer of 32 bits, as an extension",
                             form == detail::value_form::list ? "a list" : "an object");
    }
    event.extensions.push_back({std::move(name), std::move(value)});
    return true;
}

bool event_reader::finish(json_reader& reader) {
    const std::size_t end = reader.offset() - 1;
    const auto missing = [&](std::string_view name) {
        return refuse_at(reader, end, name, codec_errc::missing_field,
                         "the attribute " + std::string(name), "the end of the object");
    };
    if (!has_version) {
        return missing("specversion");
    }
    for (std::size_t at = 0; at < detail::text_attributes.size(); ++at) {
        const text_attribute& each = detail::text_attributes[at];
        if (each.required != nullptr && ((seen >> at) & 1U) == 0) {
            return missing(each.name);
        }
    }
    if (data && data_base64) {
        return refuse_at(reader, std::max(data_at, base64_at), {}, codec_errc::duplicate_name,
                         "either data or data_base64", "both");
    }
    return data_base64 ? take_base64(reader) : !data || take_data(reader);
}

bool event_reader::take_base64(json_reader& reader) {
    auto bytes = detail::from_base64(*data_base64);
    if (!bytes) {
        return refuse_at(reader, base64_at, "data_base64", codec_errc::wrong_type,
                         "base64 with padding", detail::quoted_excerpt(*data_base64, 0));
    }
    event.data = cloud_event_data::binary(*std::move(bytes));
    return true;
}

bool event_reader::take_data(json_reader& reader) {
    if (detail::says_json(event.datacontenttype)) {
        event.data = cloud_event_data::json(std::string(*data));
        return true;
    }
    if (data->front() != '"') {
        return refuse_at(reader, data_at, "data", codec_errc::wrong_type,
                         "a text, because datacontenttype is not of JSON",
                         detail::quoted_excerpt(*data, 0));
    }
    event.data.content = cloud_event_content::text;
    detail::append_unescaped(event.data.bytes, data->substr(1, data->size() - 2));
    return true;
}

bool read_event(json_reader& reader, cloud_event& into) {
    event_reader members;
    const bool ok = reader.read_members(
        [](json_reader& from, void* state, std::string_view name) {
            return static_cast<event_reader*>(state)->read_member(from, name);
        },
        &members);
    if (!ok || !members.finish(reader)) {
        return false;
    }
    into = std::move(members.event);
    return true;
}

}  // namespace

result<cloud_event, codec_error> cloud_event_from_json(std::string_view text,
                                                       const json_read_options& options) {
    result<cloud_event, codec_error> event;
    auto read = detail::read_json_document(
        text, options,
        [](json_reader& reader, void* into, std::size_t) {
            return read_event(reader, *static_cast<cloud_event*>(into));
        },
        &*event);
    if (!read) {
        return unexpected(std::move(read).error());
    }
    return event;
}

result<std::vector<cloud_event>, codec_error> cloud_event_batch_from_json(
    std::string_view text, const json_read_options& options) {
    result<std::vector<cloud_event>, codec_error> events;
    auto read = detail::read_json_document(
        text, options,
        [](json_reader& reader, void* into, std::size_t) {
            return reader.read_list(
                [](json_reader& from, void* list, std::size_t) {
                    return read_event(from,
                                      static_cast<std::vector<cloud_event>*>(list)->emplace_back());
                },
                into);
        },
        &*events);
    if (!read) {
        return unexpected(std::move(read).error());
    }
    return events;
}

}  // namespace stentor::inline v0
