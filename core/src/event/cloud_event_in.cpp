// SPDX-License-Identifier: MIT
#include "event/cloud_event_names.hpp"
#include "event/cloud_event_rules.hpp"
#include "event/codec_text.hpp"
#include "event/percent_text.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/cloud_event_mapping.hpp>
#include <stentor/event/topic.hpp>

#include <limits>
#include <utility>

// CloudEvents as our events.

namespace stentor::inline v0 {
namespace {

using detail::attribute_error;
using detail::attribute_fault;
namespace ce = detail::ce;

attribute_fault wrong_attribute(std::string_view path, std::string expected,
                                std::string_view found) {
    return detail::at_path(path, attribute_error(codec_errc::wrong_type, 0, std::move(expected),
                                                 detail::quoted_excerpt(found, 0)));
}

class inward_mapping {
public:
    inward_mapping(const cloud_event& event, const cloud_event_in& options)
        : event_(event), options_(options) {}

    result<mapped_event, codec_error> run() {
        auto fault = detail::check_event(event_);
        using step = attribute_fault (inward_mapping::*)();
        for (const step each : {&inward_mapping::check_types, &inward_mapping::read_encoded,
                                &inward_mapping::read_headers, &inward_mapping::read_id,
                                &inward_mapping::read_topic, &inward_mapping::read_source,
                                &inward_mapping::read_times, &inward_mapping::read_attributes,
                                &inward_mapping::read_extensions, &inward_mapping::check_limits}) {
            if (!fault) {
                fault = (this->*each)();
            }
        }
        if (!fault && !encoded_.empty()) {
            fault = wrong_attribute(ce::encoded, "names of attributes that are there",
                                    encoded_.front());
        }
        if (fault) {
            return unexpected(*std::move(fault));
        }
        return std::move(out_);
    }

private:
    // Those that in JSON could be something else than a text.
    attribute_fault check_types() {
        for (const cloud_event_extension& each : event_.extensions) {
            const bool may_differ = each.name == ce::depth || each.name == ce::schema_version ||
                                    each.name == ce::sourceless;
            if (!may_differ && ce::is_own_extension(each.name) &&
                !std::holds_alternative<std::string>(each.value)) {
                return wrong_attribute(each.name, "a text", to_string(each.value));
            }
        }
        return {};
    }

    [[nodiscard]] std::optional<std::string> find(std::string_view name) const {
        const cloud_event_value* const value = event_.extension(name);
        return value == nullptr ? std::nullopt : std::optional(to_string(*value));
    }

    void keep(std::string_view name, std::string value) {
        out_.headers.push_back(
            {std::string(ce::header_prefix) + std::string(name), std::move(value)});
    }

    attribute_fault decode(std::string_view path, std::string_view text, std::string& into) {
        std::size_t fault = 0;
        auto decoded = detail::percent_decoded(text, fault);
        if (!decoded) {
            return wrong_attribute(path, "percent-encoded text", text);
        }
        into = *std::move(decoded);
        return {};
    }

    // A text that may be encoded.
    attribute_fault read_text(std::string_view name, std::string text, std::string& into) {
        const auto listed = std::find(encoded_.begin(), encoded_.end(), name);
        if (listed == encoded_.end()) {
            into = std::move(text);
            return {};
        }
        encoded_.erase(listed);
        return decode(name, text, into);
    }

    attribute_fault read_encoded() {
        const auto text = find(ce::encoded);
        if (!text) {
            return {};
        }
        std::string_view left = *text;
        for (;;) {
            const std::size_t comma = left.find(',');
            encoded_.emplace_back(left.substr(0, comma));
            if (encoded_.size() > ce::text_members.size() + 1) {
                return wrong_attribute(ce::encoded, "names of attributes that are there", *text);
            }
            if (comma == std::string_view::npos) {
                return {};
            }
            left.remove_prefix(comma + 1);
        }
    }

    attribute_fault read_headers() {
        const auto text = find(ce::headers);
        if (!text) {
            return {};
        }
        std::string_view left = *text;
        for (;;) {
            const std::size_t end = left.find('&');
            const std::string_view one = left.substr(0, end);
            const std::size_t equals = one.find('=');
            if (equals == std::string_view::npos) {
                return wrong_attribute(ce::headers, "name=value&name=value, percent-encoded", one);
            }
            auto& added = out_.headers.emplace_back();
            auto fault = decode(ce::headers, one.substr(0, equals), added.name);
            if (!fault) {
                fault = decode(ce::headers, one.substr(equals + 1), added.value);
            }
            if (fault || end == std::string_view::npos) {
                return fault;
            }
            left.remove_prefix(end + 1);
        }
    }

    attribute_fault read_id() {
        const auto own = find(ce::own_id);
        const std::string& text = own ? *own : event_.id;
        if (const auto parsed = event_id::parse(text)) {
            out_.id = *parsed;
        } else if (!own && options_.id) {
            out_.id = *options_.id;
        } else {
            return wrong_attribute(own ? ce::own_id : std::string_view("id"),
                                   "a UUID, or cloud_event_in::id for what is none", text);
        }
        if (own || !ce::is_canonical_id(event_.id)) {
            keep("id", event_.id);
        }
        return {};
    }

    attribute_fault read_topic() {
        const auto own = find(ce::own_topic);
        std::string_view text = own ? std::string_view(*own) : event_.type;
        const bool prefixed = text.starts_with(options_.type_prefix);
        if (!own && prefixed) {
            text.remove_prefix(options_.type_prefix.size());
        }
        const bool good = check_topic(text).ok() && (own || prefixed);
        if (!good && (own || options_.topic.empty())) {
            return bad_type(own ? ce::own_topic : std::string_view("type"), text, prefixed);
        }
        if (!good && !check_topic(options_.topic).ok()) {
            return wrong_attribute("type", "a topic as cloud_event_in::topic", options_.topic);
        }
        out_.topic = good ? text : options_.topic;
        if (own || !good) {
            keep("type", event_.type);
        }
        return {};
    }

    attribute_fault bad_type(std::string_view path, std::string_view text, bool prefixed) {
        if (!prefixed) {
            return wrong_attribute(path,
                                   "a type that begins with " +
                                       detail::quoted_excerpt(options_.type_prefix, 0) +
                                       ", or cloud_event_in::topic for others",
                                   text);
        }
        const topic_check check = check_topic(text);
        const bool reserved = check.fault == topic_fault::reserved;
        codec_error why =
            attribute_error(codec_errc::wrong_type, check.position,
                            reserved ? "a topic whose first token is not stentor"
                                     : "a topic, or cloud_event_in::topic for what is none",
                            detail::quoted_excerpt(text, check.position));
        return detail::at_path(path, std::move(why));
    }

    attribute_fault read_source() {
        const auto mark = find(ce::sourceless);
        if (mark && *mark != "true") {
            return wrong_attribute(ce::sourceless, "true", *mark);
        }
        return mark ? attribute_fault() : read_text("source", event_.source, out_.source);
    }

    attribute_fault read_times() {
        using clock = std::chrono::system_clock;
        if (event_.time) {
            out_.time = std::chrono::time_point_cast<clock::duration>(*event_.time);
            if (*out_.time != *event_.time) {
                return detail::at_path(
                    "time",
                    attribute_error(codec_errc::out_of_range, 0,
                                    "a moment in whole ticks of the system clock", "a finer one"));
            }
        }
        const auto expiry = find(ce::expiry);
        if (!expiry) {
            return {};
        }
        using period = clock::duration::period;
        std::int64_t ticks = 0;
        const auto fault = detail::parse_moment(*expiry, period::num, period::den, ticks);
        if (fault == detail::moment_fault::none) {
            out_.expires_at = clock::time_point(clock::duration(ticks));
            return {};
        }
        auto why =
            wrong_attribute(ce::expiry, "a moment such as \"2026-11-27T03:12:52Z\"", *expiry);
        if (fault != detail::moment_fault::malformed) {
            why->code = codec_errc::out_of_range;
        }
        return why;
    }

    attribute_fault read_attributes() {
        for (const ce::text_member& each : ce::text_members) {
            auto text = find(each.name);
            if (!text) {
                continue;
            }
            if (text->empty()) {
                return wrong_attribute(each.name, "a text that is not empty", {});
            }
            if (auto fault = read_text(each.name, *std::move(text), out_.*each.owned)) {
                return fault;
            }
        }
        if (const auto depth = find(ce::depth);
            depth && (!detail::parse_canonical(*depth, out_.depth) || out_.depth < 0)) {
            return wrong_attribute(ce::depth, "an integer from 0 to 2147483647", *depth);
        }
        if (const auto version = find(ce::schema_version);
            version && !detail::parse_canonical(*version, out_.schema_version)) {
            return wrong_attribute(ce::schema_version, "an integer from 0 to 4294967295", *version);
        }
        out_.data = event_.data;
        const std::string_view type =
            event_.datacontenttype ? std::string_view(*event_.datacontenttype) : std::string_view();
        if (type != ce::default_type(event_.data.content)) {
            out_.content_type = type;
        }
        return {};
    }

    attribute_fault read_extensions() {
        if (event_.subject) {
            keep("subject", *event_.subject);
        }
        if (event_.dataschema) {
            keep("dataschema", *event_.dataschema);
        }
        std::vector<cloud_event_extension> foreign;
        for (const cloud_event_extension& each : event_.extensions) {
            const auto* const text = std::get_if<std::string>(&each.value);
            if (each.name == ce::causation && text != nullptr && ce::is_canonical_id(*text)) {
                out_.causation_id = event_id::parse(*text).value();
            } else if (!ce::is_own_extension(each.name)) {
                keep(each.name, to_string(each.value));
                foreign.push_back(each);
            }
        }
        if (std::string types = ce::types_text(foreign); !types.empty()) {
            out_.headers.push_back({std::string(ce::types_header), std::move(types)});
        }
        return {};
    }

    attribute_fault check_limits() {
        std::size_t bytes = out_.source.size();
        for (const ce::text_member& each : ce::text_members) {
            bytes += (out_.*each.owned).size();
        }
        for (const cloud_event_text_header& each : out_.headers) {
            bytes += each.name.size() + each.value.size();
        }
        if (out_.headers.size() <= headers_max && bytes <= metadata_bytes_max) {
            return {};
        }
        return attribute_error(
            codec_errc::out_of_range, 0,
            "attributes that fit " + std::to_string(headers_max) + " headers and " +
                std::to_string(metadata_bytes_max) + " bytes of metadata",
            std::to_string(out_.headers.size()) + " and " + std::to_string(bytes));
    }

    const cloud_event& event_;
    const cloud_event_in& options_;
    std::vector<std::string> encoded_{};  // names of attributes that are still to be decoded
    mapped_event out_{};
};

}  // namespace

metadata mapped_event::about() const noexcept {
    metadata out;
    out.id = id;
    out.time = time.value_or(std::chrono::system_clock::time_point());
    out.correlation_id = correlation_id;
    out.causation_id = causation_id;
    out.depth = depth;
    out.user_id = user_id;
    out.source = source;
    out.key = key;
    out.traceparent = traceparent;
    out.tracestate = tracestate;
    out.expires_at = expires_at;
    out.schema_version = schema_version;
    out.header_count = static_cast<std::uint32_t>(headers.size());
    return out;
}

std::vector<header> mapped_event::header_views() const {
    std::vector<header> views;
    views.reserve(headers.size());
    for (const cloud_event_text_header& each : headers) {
        views.push_back({each.name, each.value});
    }
    return views;
}

publish_options mapped_event::options(std::span<const header> views) const noexcept {
    publish_options out;
    out.correlation_id = correlation_id;
    out.user_id = user_id;
    out.source = source;
    out.key = key;
    out.traceparent = traceparent;
    out.tracestate = tracestate;
    out.headers = views;
    out.expires_at = expires_at;
    out.id = id;
    return out;
}

result<mapped_event, codec_error> from_cloud_event(const cloud_event& event,
                                                   const cloud_event_in& options) {
    return detail::without_throwing<mapped_event>(
        [&] { return inward_mapping(event, options).run(); });
}

}  // namespace stentor::inline v0
