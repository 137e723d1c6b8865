// SPDX-License-Identifier: MIT
#include "event/cloud_event_names.hpp"
#include "event/cloud_event_rules.hpp"
#include "event/codec_text.hpp"
#include "event/percent_text.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/cloud_event_mapping.hpp>
#include <stentor/event/json_options.hpp>
#include <stentor/event/topic.hpp>

#include <iterator>
#include <limits>
#include <utility>

// Our events as CloudEvents.

namespace stentor::inline v0 {
namespace {

using detail::attribute_fault;
namespace ce = detail::ce;

std::string expiry_text(std::chrono::system_clock::time_point time) {
    using duration = std::chrono::system_clock::duration;
    char text[detail::moment_size_max];
    const std::size_t size = detail::format_moment(
        time.time_since_epoch().count(), duration::period::num, duration::period::den, text);
    return std::string(text, size);
}

// An integer in its canonical form, or `true` or `false`, as the value that it stands for.
bool as_type(std::string_view type, const std::string& text, cloud_event_value& value) {
    std::int32_t number = 0;
    if (type == "boolean" && (text == "true" || text == "false")) {
        value = text == "true";
        return true;
    }
    if (type == "integer" && detail::parse_canonical(text, number)) {
        value = number;
        return true;
    }
    return false;
}

class outward_mapping {
public:
    outward_mapping(std::string_view topic, const metadata& about, const cloud_event_out& options)
        : topic_(topic), about_(about), options_(options) {}

    cloud_event_data data{};
    std::optional<std::chrono::system_clock::time_point> time{};

    result<cloud_event, codec_error> run(std::span<const header> headers) {
        const topic_check check = check_topic(topic_);
        if (!check.ok() && check.fault != topic_fault::reserved) {
            return unexpected(detail::at_path(
                "type", detail::attribute_error(codec_errc::wrong_type, check.position, "a topic",
                                                detail::quoted_excerpt(topic_, check.position))));
        }
        out_.data = std::move(data);
        out_.id = about_.id.to_string();
        out_.type = std::string(options_.type_prefix) + std::string(topic_);
        if (time) {
            out_.time = std::chrono::time_point_cast<std::chrono::nanoseconds>(*time);
        }
        add_content_type();
        add_source();
        add_texts();
        add_headers(headers);
        if (!encoded_.empty()) {
            add(ce::encoded, encoded_);
        }
        auto fault = detail::check_event(out_);
        if (!fault && out_.data.content == cloud_event_content::json) {
            fault = detail::check_json_data(out_.data.bytes, json_depth_limit);
        }
        if (fault) {
            return unexpected(*std::move(fault));
        }
        return std::move(out_);
    }

private:
    void add(std::string_view name, cloud_event_value value) {
        out_.extensions.push_back({std::string(name), std::move(value)});
    }

    // The text, or what stands for it when the attribute cannot have it.
    std::string fitting(std::string_view name, std::string_view text,
                        const attribute_fault& fault) {
        if (!fault) {
            return std::string(text);
        }
        encoded_ += encoded_.empty() ? "" : ",";
        encoded_ += name;
        return detail::strictly_percent_encoded(text);
    }

    void add_content_type() {
        const std::string_view type = options_.content_type.empty()
                                          ? ce::default_type(out_.data.content)
                                          : options_.content_type;
        if (!type.empty()) {
            out_.datacontenttype = type;
        }
    }

    void add_source() {
        if (about_.source.empty()) {
            out_.source = options_.source;
            add(ce::sourceless, true);
        } else {
            out_.source =
                fitting("source", about_.source, detail::check_uri_reference(about_.source));
        }
    }

    void add_texts() {
        for (const ce::text_member& each : ce::text_members) {
            const std::string_view text = about_.*each.view;
            if (!text.empty()) {
                add(each.name, fitting(each.name, text, detail::check_string(text)));
            }
        }
        if (about_.causation_id) {
            add(ce::causation, about_.causation_id->to_string());
        }
        if (about_.expires_at) {
            add(ce::expiry, expiry_text(*about_.expires_at));
        }
        if (about_.depth != 0) {
            add(ce::depth, about_.depth);
        }
        if (about_.schema_version != 1) {
            constexpr auto integer_max = std::numeric_limits<std::int32_t>::max();
            if (about_.schema_version <= static_cast<std::uint32_t>(integer_max)) {
                add(ce::schema_version, static_cast<std::int32_t>(about_.schema_version));
            } else {
                add(ce::schema_version, std::to_string(about_.schema_version));
            }
        }
    }

    void add_headers(std::span<const header> headers) {
        std::vector<cloud_event_extension> foreign;
        std::vector<bool> taken;
        std::size_t types = headers.size();  // the last header of that name
        for (const header& each : headers) {
            types = each.name == ce::types_header ? taken.size() : types;
            taken.push_back(take_attribute(each, foreign));
        }
        if (types != headers.size()) {
            taken[types] = take_types(headers[types].value, foreign);
        }
        std::string rest;
        for (std::size_t at = 0; at < headers.size(); ++at) {
            if (!taken[at]) {
                rest += rest.empty() ? "" : "&";
                rest += detail::strictly_percent_encoded(headers[at].name);
                rest += '=';
                rest += detail::strictly_percent_encoded(headers[at].value);
            }
        }
        if (!rest.empty()) {
            add(ce::headers, std::move(rest));
        }
        out_.extensions.insert(out_.extensions.end(), std::make_move_iterator(foreign.begin()),
                               std::make_move_iterator(foreign.end()));
    }

    // Whether the header became an attribute.
    bool take_attribute(const header& from, std::vector<cloud_event_extension>& foreign) {
        if (!from.name.starts_with(ce::header_prefix)) {
            return false;
        }
        const std::string_view name = from.name.substr(ce::header_prefix.size());
        if (name == "id" || name == "type") {
            return take_identity(name, from.value);
        }
        if (name == "subject") {
            return take(out_.subject, from.value, detail::check_full_string);
        }
        if (name == "dataschema") {
            return take(out_.dataschema, from.value, detail::check_uri);
        }
        const bool ours =
            ce::is_own_extension(name) ||
            (name == ce::causation && (about_.causation_id || ce::is_canonical_id(from.value)));
        if (ours || !detail::is_attribute_name(name) || detail::is_core_attribute(name) ||
            detail::check_string(from.value) || !unseen(name)) {
            return false;
        }
        foreign.push_back({std::string(name), std::string(from.value)});
        return true;
    }

    // The id or type that a foreign event had; ours stands beside it.
    bool take_identity(std::string_view name, std::string_view value) {
        if (detail::check_full_string(value) || !unseen(name)) {
            return false;
        }
        if (name == "id") {
            add(ce::own_id, std::exchange(out_.id, std::string(value)));
        } else {
            add(ce::own_topic, std::string(topic_));
            out_.type = value;
        }
        return true;
    }

    static bool take(std::optional<std::string>& into, std::string_view value,
                     attribute_fault (*check)(std::string_view text)) {
        if (into || check(value)) {
            return false;
        }
        into = value;
        return true;
    }

    // Whether it is the first of this name. Events have few headers.
    bool unseen(std::string_view name) {
        if (std::find(seen_.begin(), seen_.end(), name) != seen_.end()) {
            return false;
        }
        seen_.push_back(name);
        return true;
    }

    // Only when the header says of all of them what they are, and nothing else.
    static bool take_types(std::string_view text, std::vector<cloud_event_extension>& foreign) {
        std::vector<cloud_event_extension> typed = foreign;
        for (std::string_view left = text; !left.empty();) {
            const std::string_view one = left.substr(0, left.find(' '));
            left.remove_prefix(std::min(left.size(), one.size() + 1));
            const std::size_t equals = one.find('=');
            const auto found =
                std::find_if(typed.begin(), typed.end(), [&](const cloud_event_extension& each) {
                    return each.name == one.substr(0, equals);
                });
            if (equals == std::string_view::npos || found == typed.end() ||
                !as_type(one.substr(equals + 1), to_string(found->value), found->value)) {
                return false;
            }
        }
        if (ce::types_text(typed) != text || text.empty()) {
            return false;
        }
        foreign = std::move(typed);
        return true;
    }

    std::string_view topic_;
    const metadata& about_;
    const cloud_event_out& options_;
    cloud_event out_{};
    std::string encoded_{};
    std::vector<std::string_view> seen_{};
};

}  // namespace

result<cloud_event, codec_error> to_cloud_event(std::string_view topic, const metadata& about,
                                                std::span<const header> headers,
                                                cloud_event_data data,
                                                const cloud_event_out& options) {
    return detail::without_throwing<cloud_event>([&] {
        outward_mapping one(topic, about, options);
        one.data = std::move(data);
        one.time = about.time;
        return one.run(headers);
    });
}

result<cloud_event, codec_error> to_cloud_event(const mapped_event& event,
                                                const cloud_event_out& options) {
    return detail::without_throwing<cloud_event>([&] {
        cloud_event_out own = options;
        own.content_type = event.content_type;
        const metadata about = event.about();
        outward_mapping one(event.topic, about, own);
        one.data = event.data;
        one.time = event.time;
        return one.run(event.header_views());
    });
}

}  // namespace stentor::inline v0
