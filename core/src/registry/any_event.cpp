// SPDX-License-Identifier: MIT
#include <stentor/event/any_event.hpp>

#include "registry/event_view.hpp"
#include "registry/stop_signal.hpp"
#include <stentor/event/topic.hpp>
#include <stentor/registry/context.hpp>

namespace stentor::inline v0 {

namespace {

const detail::slot_header& header_of(const std::byte* slot) noexcept {
    return *reinterpret_cast<const detail::slot_header*>(slot);
}

}  // namespace

namespace detail {

event_id id_of(const slot_header& slot) noexcept {
    if (slot.box != nullptr && slot.box->has_id) {
        return slot.box->id;
    }
    return make_id({slot.ticket, unix_ns_of(slot), slot.origin->topic->id_key});
}

std::int64_t unix_ns_of(const slot_header& slot) noexcept {
    return slot.origin->topic->epoch_unix_ns + (slot.stamp & ~stamp_flags);
}

metadata metadata_of(const slot_header& slot) noexcept {
    metadata data;
    data.id = id_of(slot);
    data.time = std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(unix_ns_of(slot))));
    if (const auto* type = slot.origin->topic->type; type != nullptr) {
        data.schema_version = type->schema_version;
    }
    const auto* box = slot.box;
    if (box == nullptr) {
        return data;
    }
    if (box->redriven) {
        data.time = std::chrono::system_clock::time_point(
            std::chrono::duration_cast<std::chrono::system_clock::duration>(
                std::chrono::nanoseconds(box->published_unix_ns)));
    }
    data.correlation_id = box->correlation_id;
    if (box->has_causation) {
        data.causation_id = box->causation;
    }
    data.depth = box->depth;
    data.user_id = box->user_id;
    data.source = box->source;
    data.key = box->key;
    data.traceparent = box->traceparent;
    data.tracestate = box->tracestate;
    data.header_count = box->header_count;
    if (box->expires_system_ns != 0) {
        data.expires_at = std::chrono::system_clock::time_point(
            std::chrono::duration_cast<std::chrono::system_clock::duration>(
                std::chrono::nanoseconds(box->expires_system_ns)));
    }
    return data;
}

}  // namespace detail

std::string_view any_event::topic() const noexcept {
    return header_of(slot_).origin->topic->name;
}
event_id any_event::id() const noexcept {
    return detail::id_of(header_of(slot_));
}
metadata any_event::metadata() const noexcept {
    return detail::metadata_of(header_of(slot_));
}
const event_type* any_event::type() const noexcept {
    return header_of(slot_).origin->topic->type;
}

header any_event::header_at(std::uint32_t index) const noexcept {
    const auto* box = header_of(slot_).box;
    return box != nullptr && index < box->header_count ? box->headers[index] : header{};
}

std::string_view any_event::text() const noexcept {
    const auto* box = header_of(slot_).box;
    return type() == nullptr && box != nullptr ? box->text : std::string_view{};
}

std::string_view context::topic() const noexcept {
    return any_event(frame_->slot()).topic();
}
bool context::redriven() const noexcept {
    const auto* box = header_of(frame_->slot()).box;
    return box != nullptr && box->redriven;
}
event_id context::id() const noexcept {
    return any_event(frame_->slot()).id();
}
stentor::metadata context::metadata() const noexcept {
    return any_event(frame_->slot()).metadata();
}

std::string context::correlation_id() const {
    const auto data = metadata();
    return data.correlation_id.empty() ? data.id.to_string() : std::string(data.correlation_id);
}

std::string context::idempotency_key() const {
    return id().to_string() + ':' + std::string(subscription_);
}

std::stop_token context::stop_token() const noexcept {
    return frame_->stop != nullptr ? frame_->stop->token() : std::stop_token{};
}

publish_result context::publish(const stentor::topic& topic, std::string text,
                                const publish_options& options) noexcept {
    return target_->publish_text(request(options), topic.view(), text);
}

}  // namespace stentor::inline v0
