// SPDX-License-Identifier: MIT
#include <stentor/registry/lone_event.hpp>

#include "event/envelope.hpp"
#include "registry/route.hpp"

#include <cstring>
#include <deque>
#include <string>
#include <vector>

namespace stentor::inline v0::detail {

struct lone_event::parts {
    parts(std::string_view topic_name, const event_type* type, const origin& about)
        : version(0, 0) {
        topic.name = topic_name;
        topic.type = type;
        topic.epoch_unix_ns = about.unix_ns & ~stamp_flags;
        version.topic = &topic;
        box.type = type;
        box.has_id = true;
        box.id = about.options.id.value_or(event_id{});
        box.has_causation = about.causation_id.has_value();
        box.causation = about.causation_id.value_or(event_id{});
        box.depth = about.depth;
        box.correlation_id = keep(about.options.correlation_id);
        box.user_id = keep(about.options.user_id);
        box.source = keep(about.options.source);
        box.key = keep(about.options.key);
        box.traceparent = keep(about.options.traceparent);
        box.tracestate = keep(about.options.tracestate);
        for (const auto& one : about.options.headers) {
            headers.push_back({.name = keep(one.name), .value = keep(one.value)});
        }
        box.headers = headers.data();
        box.header_count = static_cast<std::uint16_t>(headers.size());
        if (about.options.expires_at) {
            box.expires_system_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                        about.options.expires_at->time_since_epoch())
                                        .count();
        }
        image.header = {.origin = &version, .ticket = 1, .stamp = 0, .box = &box};
    }

    std::string_view keep(std::string_view text) { return texts.emplace_back(text); }

    std::deque<std::string> texts;  // stable addresses
    std::vector<header> headers;
    topic_entry topic;
    route version;
    envelope box;
    slot_image image{};
};

lone_event::lone_event(const event_type& type, const void* object, const origin& about)
    : parts_(std::make_unique<parts>(type.topic, &type, about)) {
    if (type.in_slot) {
        std::memcpy(parts_->image.payload, object, type.size);
    } else {
        parts_->box.payload.object = const_cast<void*>(object);
    }
}

lone_event::lone_event(std::string_view topic, std::string_view text, const origin& about)
    : parts_(std::make_unique<parts>(topic, nullptr, about)) {
    parts_->box.text = parts_->keep(text);
}

lone_event::~lone_event() = default;

const std::byte* lone_event::slot() const noexcept {
    return reinterpret_cast<const std::byte*>(&parts_->image);
}

}  // namespace stentor::inline v0::detail
