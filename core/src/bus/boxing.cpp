// SPDX-License-Identifier: MIT
#include "bus/outgoing.hpp"
#include "event/delivery_tracker.hpp"
#include "event/reply_ticket.hpp"
#include "registry/event_view.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>

// What must outlive an event's slot: its metadata, given or inherited, and a payload that does not
// fit. Taken from the publisher slot's pool, charged to the bus's memory.
namespace stentor::inline v0::detail {

namespace {

constexpr std::int64_t bytes_chunk = 64 * 1024;

bool given(const publish_options* options) noexcept {
    return options != nullptr && (!options->correlation_id.empty() || !options->user_id.empty() ||
                                  !options->source.empty() || !options->key.empty() ||
                                  !options->traceparent.empty() || !options->tracestate.empty() ||
                                  !options->headers.empty() || options->expires_at || options->id);
}

// Copies texts one behind the other and remembers where.
class text_writer {
public:
    explicit text_writer(char* out) noexcept : out_(out) {}
    std::string_view put(std::string_view text) noexcept {
        if (!text.empty()) {
            std::memcpy(out_, text.data(), text.size());
        }
        const std::string_view kept(out_, text.size());
        out_ += text.size();
        return kept;
    }

private:
    char* out_;
};

std::size_t round_up(std::size_t value, std::size_t alignment) noexcept {
    return (value + alignment - 1) / alignment * alignment;
}

// The metadata that an event gets: its options, and what it inherits from the event that caused it.
struct inheritance {
    publish_options all{};
    char correlation_buffer[event_id::text_size];
    event_id causation{};
    ancestry causes{};
    std::int32_t depth = 0;
    bool caused = false;
    std::optional<std::chrono::system_clock::time_point> first{};  // of a redriven event: published

    inheritance(const publish_options* options, const std::byte* cause,
                const redriven_event* again) noexcept {
        if (options != nullptr) {
            all = *options;
        }
        if (again != nullptr) {
            first = again->letter->published;
            caused = again->letter->causation_id.has_value();
            causation = again->letter->causation_id.value_or(event_id());
            depth = again->letter->depth;
        }
        if (cause == nullptr) {
            return;
        }
        caused = true;
        const auto parent = metadata_of(*reinterpret_cast<const slot_header*>(cause));
        causation = parent.id;
        causes = causes_after(*reinterpret_cast<const slot_header*>(cause));
        depth = parent.depth + 1;
        if (all.correlation_id.empty()) {
            all.correlation_id = parent.correlation_id;
        }
        if (all.correlation_id.empty()) {
            parent.id.write(correlation_buffer);
            all.correlation_id = {correlation_buffer, event_id::text_size};
        }
        if (all.user_id.empty()) {
            all.user_id = parent.user_id;
        }
        if (all.traceparent.empty()) {
            all.traceparent = parent.traceparent;
            all.tracestate = parent.tracestate;
        }
    }

    [[nodiscard]] std::size_t text_bytes() const noexcept {
        auto bytes = all.correlation_id.size() + all.user_id.size() + all.source.size() +
                     all.key.size() + all.traceparent.size() + all.tracestate.size();
        for (const auto& one : all.headers) {
            bytes += one.name.size() + one.value.size();
        }
        return bytes;
    }
};

void fill(envelope& box, const inheritance& from, char* texts, header* headers) noexcept {
    text_writer out(texts);
    box.correlation_id = out.put(from.all.correlation_id);
    box.user_id = out.put(from.all.user_id);
    box.source = out.put(from.all.source);
    box.key = out.put(from.all.key);
    box.traceparent = out.put(from.all.traceparent);
    box.tracestate = out.put(from.all.tracestate);
    for (std::size_t index = 0; index < from.all.headers.size(); ++index) {
        headers[index].name = out.put(from.all.headers[index].name);
        headers[index].value = out.put(from.all.headers[index].value);
    }
    box.headers = headers;
    box.header_count = static_cast<std::uint16_t>(from.all.headers.size());
    box.depth = from.depth;
    box.has_causation = from.caused;
    box.causation = from.causation;
    box.causes = from.causes;
    box.redriven = from.first.has_value();
    box.published_unix_ns =
        from.first
            ? std::chrono::duration_cast<std::chrono::nanoseconds>(from.first->time_since_epoch())
                  .count()
            : 0;
    if (from.all.id) {
        box.has_id = true;
        box.id = *from.all.id;
    }
    if (from.all.expires_at) {
        box.expires_system_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                                    from.all.expires_at->time_since_epoch())
                                    .count();
    }
}

// Options are validated as events are.
[[gnu::cold]] void say_malformed(const publish_options& options, std::size_t text_bytes) noexcept {
    if (options.violations == nullptr) {
        return;
    }
    options.violations->clear();
    if (options.headers.size() > headers_max) {
        options.violations->add("options.headers", "too_many", "at most 32 headers are allowed");
    }
    if (text_bytes > metadata_bytes_max) {
        options.violations->add("options", "too_large", "at most 8 KiB of metadata are allowed");
    }
}

}  // namespace

// Gives the event what must outlive its slot, if anything. After its first credit is taken, before
// its first enqueue; the payload moves here.
publish_status engine::prepare(publisher_slot& slot, const request& what,
                               outgoing& event) noexcept {
    if (event.box != nullptr) {
        return publish_status::accepted;
    }
    const bool in_slot = event.type != nullptr && event.type->in_slot;
    if (in_slot && what.cause == nullptr && what.tracker == nullptr && event.turns == nullptr &&
        !given(what.options)) {
        return publish_status::accepted;
    }
    const inheritance data(what.options, what.cause, what.again);
    if (data.depth > causal_depth_max) {
        return publish_status::rejected_too_deep;
    }
    const auto text_bytes = data.text_bytes();
    if (data.all.headers.size() > headers_max || text_bytes > metadata_bytes_max) {
        say_malformed(data.all, text_bytes);
        return publish_status::rejected_invalid;
    }
    const auto headers_at = sizeof(envelope);
    const auto texts_at = headers_at + data.all.headers.size() * sizeof(header);
    const auto payload_align =
        in_slot || event.type == nullptr ? 1 : std::size_t{event.type->align};
    const auto payload_at = round_up(texts_at + text_bytes, payload_align);
    const auto payload_bytes = event.text != nullptr ? event.text->size()
                               : in_slot             ? 0
                                                     : std::size_t{event.type->size};
    const auto turns_at = round_up(payload_at + payload_bytes, alignof(event_turns));
    const auto bytes = event.turns != nullptr ? turns_at + event_turns::bytes_for(*event.turns)
                                              : payload_at + payload_bytes;
    const auto charged = static_cast<std::int64_t>(envelope_pool::block_bytes(bytes));
    if (!charge(slot, charged, what.cause != nullptr)) {
        return publish_status::rejected_full;
    }
    auto* box = slot.pool.allocate(bytes, payload_align);
    if (box == nullptr) {
        shared_.bytes.give(charged);
        return publish_status::rejected_no_memory;
    }
    box->charged_bytes = charged;
    box->type = event.type;
    auto* base = reinterpret_cast<char*>(box);
    fill(*box, data, base + texts_at, reinterpret_cast<header*>(base + headers_at));
    if (what.asks != nullptr) {
        what.asks->add_reference();
        box->asks = what.asks;
    }
    event.given_id = box->has_id;
    if (box->expires_system_ns != 0) {
        event.flags |= stamp_special;
    }
    if (what.tracker != nullptr) {
        what.tracker->add_reference();
        box->tracker = what.tracker;
        event.flags |= stamp_special;
    }
    if (event.turns != nullptr) {
        box->turns = event_turns::make(base + turns_at, *event.turns);
        event.flags |= stamp_special;
    }
    if (event.text != nullptr) {
        box->text = text_writer(base + payload_at).put(*event.text);
    } else if (!in_slot) {
        if (!place_payload(event, base + payload_at)) {
            shared_.bytes.give(box->drop_reference());
            return publish_status::rejected_no_memory;
        }
        box->payload.object = base + payload_at;
        box->destroys = event.type->destroy != nullptr;
    }
    event.box = box;
    return publish_status::accepted;
}

// False: the event's copy constructor threw; only a bulk publish copies here.
bool engine::place_payload(const outgoing& event, void* to) noexcept {
    if (!event.copies) {
        event.type->move_into(to, event.object);
        return true;
    }
#if defined(__cpp_exceptions)
    try {
        event.type->copy_into(to, event.object);
    } catch (...) {
        return false;
    }
#else
    event.type->copy_into(to, event.object);
#endif
    return true;
}

void engine::discard(outgoing& event) noexcept {
    if (event.box != nullptr) {
        if (const auto bytes = event.box->drop_reference(); bytes != 0) {
            shared_.bytes.give(bytes);
        }
        event.box = nullptr;
    }
}

// Refused after its payload went into the envelope: the caller has it back.
void engine::hand_back(outgoing& event) noexcept {
    if (event.box != nullptr && event.object != nullptr && !event.copies) {
        if (event.type->destroy != nullptr) {
            event.type->destroy(event.object);
        }
        event.type->move_into(event.object, event.box->payload.object);
    }
    discard(event);
}

bool engine::charge(publisher_slot& slot, std::int64_t bytes, bool urgent) noexcept {
    const auto cached = slot.bytes.take(bytes);
    if (cached == bytes) {
        return true;
    }
    if (cached > 0 && !slot.bytes.add(cached)) {
        shared_.bytes.give(cached);
    }
    for (;;) {
        auto got = shared_.bytes.take(std::max(bytes, bytes_chunk), shared_.bytes.reserve());
        if (got < bytes && urgent) {
            // Of the reserve only what is needed now: what the slot keeps is anybody's.
            got += shared_.bytes.take(bytes - got, 0);
        }
        if (got >= bytes) {
            if (!slot.bytes.add(got - bytes)) {
                shared_.bytes.give(got - bytes);
            }
            return true;
        }
        if (got > 0) {
            shared_.bytes.give(got);
        }
        if (sweep_bytes(slot) == 0) {
            return false;
        }
    }
}

std::int64_t engine::sweep_bytes(const publisher_slot& mine) noexcept {
    const auto moved = sweep_caches<real_sync>([&](auto&& visit) {
        for (std::uint32_t index = 0; index < slots_->size(); ++index) {
            auto& other = slots_->at(index);
            visit(other.bytes,
                  [&] { return &other != &mine && other.section.inside(other.section.count()); });
        }
    });
    if (moved > 0) {
        shared_.bytes.give(moved);
    }
    return moved;
}

}  // namespace stentor::inline v0::detail
