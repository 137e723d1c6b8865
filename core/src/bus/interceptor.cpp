// SPDX-License-Identifier: MIT
#include <stentor/bus/interceptor.hpp>

#include "bus/outgoing.hpp"
#include "bus/outgoing_parts.hpp"
#include "registry/event_view.hpp"

#include <algorithm>
#include <new>
#include <utility>

// What interceptors get to see, and what they may change.
namespace stentor::inline v0 {

std::string_view to_string(call_ending how) noexcept {
    switch (how) {
        case call_ending::completed: return "completed";
        case call_ending::ignored: return "ignored";
        case call_ending::failed: return "failed";
        case call_ending::released: return "released";
        case call_ending::cancelled: return "cancelled";
    }
    return "unknown";
}

std::string_view to_string(settlement how) noexcept {
    switch (how) {
        case settlement::completed: return "completed";
        case settlement::ignored: return "ignored";
        case settlement::fell_back: return "fell_back";
        case settlement::failed: return "failed";
        case settlement::dead_lettered: return "dead_lettered";
        case settlement::dropped: return "dropped";
        case settlement::expired: return "expired";
        case settlement::cancelled: return "cancelled";
    }
    return "unknown";
}

interceptor_list::interceptor_list(std::initializer_list<interceptor> all)
    : all_(std::make_shared<std::vector<interceptor>>(all)) {}

void interceptor_list::add(interceptor one) {
    if (all_ == nullptr) {
        all_ = std::make_shared<std::vector<interceptor>>();
    }
    all_->push_back(std::move(one));
}

namespace {

// What the event whose handler publishes hands down.
metadata handed_down(const detail::outgoing_parts& parts) noexcept {
    return parts.cause == nullptr
               ? metadata{}
               : detail::metadata_of(*reinterpret_cast<const detail::slot_header*>(parts.cause));
}

}  // namespace

std::string_view outgoing_event::topic() const noexcept {
    return parts_.topic;
}
const event_type* outgoing_event::type() const noexcept {
    return parts_.type;
}
void* outgoing_event::object() noexcept {
    return parts_.object;
}
std::string* outgoing_event::text() noexcept {
    return parts_.text;
}
const call_view* outgoing_event::cause() const noexcept {
    return parts_.call ? &*parts_.call : nullptr;
}
bool outgoing_event::redriven() const noexcept {
    return parts_.again != nullptr;
}
bool outgoing_event::has_own_trace() const noexcept {
    return !parts_.options.traceparent.empty();
}

std::chrono::system_clock::time_point outgoing_event::time() const noexcept {
    return parts_.shared.wall_time(parts_.shared.now());
}

metadata outgoing_event::metadata() const noexcept {
    const auto& given = parts_.options;
    const auto parent = handed_down(parts_);
    const auto either = [](std::string_view own, std::string_view inherited) {
        return own.empty() ? inherited : own;
    };
    stentor::metadata all;
    all.id = given.id.value_or(event_id());
    all.time = time();
    all.correlation_id = either(given.correlation_id, parent.correlation_id);
    all.user_id = either(given.user_id, parent.user_id);
    all.source = given.source;
    all.key = given.key;
    all.traceparent = either(given.traceparent, parent.traceparent);
    all.tracestate = given.traceparent.empty() ? parent.tracestate : given.tracestate;
    all.expires_at = given.expires_at;
    all.header_count = static_cast<std::uint32_t>(given.headers.size());
    if (parts_.type != nullptr) {
        all.schema_version = parts_.type->schema_version;
    }
    if (parts_.again != nullptr) {
        const auto& letter = *parts_.again->letter;
        all.time = letter.published;
        all.causation_id = letter.causation_id;
        all.depth = letter.depth;
    } else if (parts_.cause != nullptr) {
        all.causation_id = parent.id;
        all.depth = parent.depth + 1;
    }
    return all;
}

header outgoing_event::header_at(std::uint32_t index) const noexcept {
    return index < parts_.options.headers.size() ? parts_.options.headers[index] : header{};
}

void outgoing_event::set_correlation_id(std::string_view text) noexcept {
    parts_.options.correlation_id = parts_.kept.put(text);
}
void outgoing_event::set_user_id(std::string_view text) noexcept {
    parts_.options.user_id = parts_.kept.put(text);
}
void outgoing_event::set_source(std::string_view text) noexcept {
    parts_.options.source = parts_.kept.put(text);
}
void outgoing_event::set_key(std::string_view text) noexcept {
    parts_.options.key = parts_.kept.put(text);
}
void outgoing_event::set_traceparent(std::string_view text) noexcept {
    parts_.options.traceparent = parts_.kept.put(text);
}
void outgoing_event::set_tracestate(std::string_view text) noexcept {
    if (!has_own_trace()) {
        // Inherited together or not at all. The cause's texts are there until it is published.
        parts_.options.traceparent = handed_down(parts_).traceparent;
    }
    parts_.options.tracestate = parts_.kept.put(text);
}

bool outgoing_event::set_header(std::string_view name, std::string_view value) noexcept {
    auto now = parts_.options.headers;
    auto* own = reinterpret_cast<header*>(parts_.headers);
    const auto found = std::ranges::find(now, name, &header::name);
    const auto at = static_cast<std::size_t>(found - now.begin());
    if (at >= headers_max || now.size() > headers_max) {
        return false;
    }
    if (now.data() != own) {
        std::uninitialized_copy(now.begin(), now.end(), own);
    }
    const auto count = std::max(now.size(), at + 1);
    ::new (own + at) header{parts_.kept.put(name), parts_.kept.put(value)};
    parts_.options.headers = {own, count};
    return true;
}

}  // namespace stentor::inline v0
