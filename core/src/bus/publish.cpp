// SPDX-License-Identifier: MIT
#include "bus/outgoing.hpp"

#include "registry/event_view.hpp"

#include <algorithm>
#include <cstring>

// From a publisher's call to a route: slot, intake, topic, and what must outlive the slot.
namespace stentor::inline v0::detail {

namespace {

constexpr std::int64_t bytes_chunk = 64 * 1024;

bool given(const publish_options* options) noexcept {
    return options != nullptr &&
           !(options->correlation_id.empty() && options->user_id.empty() &&
             options->source.empty() && options->key.empty() && options->traceparent.empty() &&
             options->tracestate.empty() && options->headers.empty() && !options->expires_at &&
             !options->id);
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

std::size_t round_up(std::size_t value, std::size_t align) noexcept {
    return (value + align - 1) / align * align;
}

// The metadata that an event gets: its options, and what it inherits from the event that caused it.
struct inheritance {
    publish_options all{};
    char correlation_buffer[event_id::text_size];
    event_id causation{};
    std::int32_t depth = 0;
    bool caused = false;

    inheritance(const publish_options* options, const std::byte* cause) noexcept {
        if (options != nullptr) {
            all = *options;
        }
        if (cause == nullptr) {
            return;
        }
        caused = true;
        const auto parent = metadata_of(*reinterpret_cast<const slot_header*>(cause));
        causation = parent.id;
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

}  // namespace

// The common case in one piece: a known type that fits a slot, no metadata, one lane, a cached
// credit, and nothing changed since the last time. False: nothing was done, take the long way; every
// step is explained there.
inline bool engine::publish_short(publisher_slot& slot, const event_type* type,
                                  slot_image& image) noexcept {
    const auto& known = slot.known[publisher_slot::known_place(type)];
    if (known.type != type || slot.section.entered()) {
        return false;
    }
    const reading in_section(slot);
    auto* cell = known.cell;
    if (cell == nullptr || intake_.now() != intake::open ||
        known.entry->version.load(std::memory_order_acquire) != known.version) {  // [PAIR route]
        return false;
    }
    auto& port = *cell->first_port;
    if (!port.credits.take_one()) {
        return false;
    }
    stamp(slot, image.header, cell->of, nullptr, 0, *known.entry);
    cell->entries.add();
    if (!cell->only->enqueue(port, image)) {
        take_back(cell->entries);
        return_credits(*cell->only, port, 1);
        return false;
    }
    announce(*cell->only);
    slot.published.add();
    return true;
}

publish_result engine::publish_slot(const request& what, slot_image& image) noexcept {
    if (what.options == nullptr && what.cause == nullptr) [[likely]] {
        auto* slot = what.slot != nullptr ? what.slot : slot_pool::of_this_thread(slots_);
        if (slot != nullptr && publish_short(*slot, what.type, image)) [[likely]] {
            const auto& header = image.header;
            return publish_result(
                publish_status::accepted,
                {header.ticket, shared_.start_unix_ns() + (header.stamp & ~stamp_flags), id_key_});
        }
    }
    return publish_slot_long(what, image);
}

[[gnu::noinline]] publish_result engine::publish_slot_long(const request& what,
                                                           slot_image& image) noexcept {
    outgoing event{.image = image, .type = what.type};
    return publish_any(what, event);
}

publish_result engine::publish_boxed(const request& what, void* object) noexcept {
    slot_image image;
    outgoing event{.image = image, .type = what.type, .object = object};
    return publish_any(what, event);
}

publish_result engine::publish_text(const request& what, std::string_view topic,
                                    std::string& text) noexcept {
    slot_image image;
    outgoing event{.image = image, .topic_name = topic, .text = &text};
    return publish_any(what, event);
}

publish_result engine::publish_any(const request& what, outgoing& event) noexcept {
    // First, because a forked child must not wait for slots that its parent's threads hold.
    if (intake_.now() == intake::closed) {
        refused_closed_.add();
        return publish_result(publish_status::closed);
    }
    auto* slot = what.slot != nullptr ? what.slot : slot_pool::of_this_thread(slots_);
    // An event whose constructor or destructor publishes is in the middle of a publish of its own.
    if (slot != nullptr && !slot->section.entered()) {
        return publish_through(*slot, what, event);
    }
    slot = slots_->claim_shared();
    const auto result = publish_through(*slot, what, event);
    slot_pool::unclaim(slot);
    return result;
}

publish_result engine::publish_through(publisher_slot& slot, const request& what,
                                       outgoing& event) noexcept {
    {
        const reading in_section(slot);
        if (auto* entry = find_topic(slot, event); entry != nullptr) {
            if (!takes(what)) {
                return finish(slot, publish_status::closed);
            }
            const auto result = send(slot, what, event, *entry);
            if (event.wait_for == nullptr) {
                return result;
            }
        }
    }
    return event.wait_for != nullptr ? publish_waiting(slot, what, event)
                                     : publish_first(slot, what, event);
}

// The topic is new to this thread or to the bus, or belongs to another type.
publish_result engine::publish_first(publisher_slot& slot, const request& what,
                                     outgoing& event) noexcept {
    if (!takes(what)) {
        return finish(slot, publish_status::closed);
    }
    const auto name = event.type != nullptr ? event.type->topic : event.topic_name;
    switch (introduce_topic(name, event.type)) {
        case introduced::mismatch: return finish(slot, publish_status::type_mismatch);
        case introduced::no_memory: return finish(slot, publish_status::rejected_no_memory);
        case introduced::yes: break;
    }
    return publish_through(slot, what, event);
}

// A full subscription blocks publishers: tries again whenever its lane has room, until the deadline.
publish_result engine::publish_waiting(publisher_slot& slot, const request& what,
                                       outgoing& event) noexcept {
    if (what.cause != nullptr || inside_handler()) {
        return finish(slot, publish_status::would_deadlock);
    }
    const auto lane = std::exchange(event.wait_for, nullptr);
    const auto until = shared_.now() + event.wait_ns;
    lane->room_waiters.fetch_add(1, std::memory_order_seq_cst);
    publish_result result;
    for (;;) {
        const auto epoch = lane->room_epoch.load(std::memory_order_acquire);
        std::atomic_thread_fence(std::memory_order_seq_cst);  // [PAIR room]
        event.waited_enough = shared_.now() >= until;
        {
            const reading in_section(slot);
            auto* entry = find_topic(slot, event);
            if (entry == nullptr || !takes(what)) {
                result = finish(slot, publish_status::closed);
                break;
            }
            result = send(slot, what, event, *entry);
        }
        if (event.wait_for == nullptr) {
            break;
        }
        event.wait_for = nullptr;
        if (executors_.back()->manual()) {
            event.waited_enough = !executors_.back()->step();
        } else {
            constexpr std::int64_t slice = 10'000'000;  // the bus may be full, not the lane
            futex_wait(lane->room_epoch, epoch,
                       std::clamp<std::int64_t>(until - shared_.now(), 0, slice));
        }
    }
    lane->room_waiters.fetch_sub(1, std::memory_order_relaxed);
    return result;
}

bool engine::takes(const request& what) const noexcept {
    const auto state = intake_.now();
    return state == intake::open || (state == intake::draining && what.cause != nullptr);
}

// Inside the section. Null: not known, or another type's.
topic_entry* engine::find_topic(publisher_slot& slot, const outgoing& event) noexcept {
    if (event.type == nullptr) {
        auto* entry = topics_.find(event.topic_name);
        if (entry == nullptr || entry->type != nullptr) {
            return nullptr;
        }
        entry->last_used.store(static_cast<std::uint64_t>(shared_.coarse_now()),
                               std::memory_order_relaxed);
        return entry;
    }
    auto& known = slot.known[publisher_slot::known_place(event.type)];
    if (known.type == event.type) {
        return known.entry;
    }
    auto* entry = topics_.find(event.type->topic);
    if (entry == nullptr || entry->type == nullptr || !same_type(*entry->type, *event.type)) {
        return nullptr;
    }
    known = {.type = event.type, .entry = entry, .version = 0, .cell = nullptr};
    return entry;
}

publish_result engine::finish(publisher_slot& slot, publish_status status,
                              std::uint32_t which) noexcept {
    slot.published.add();
    slot.count(status);
    return publish_result(status, {}, which);
}

// Gives the event what must outlive its slot, if anything. After its first credit is taken, before
// its first enqueue; the payload moves here.
publish_status engine::prepare(publisher_slot& slot, const request& what,
                               outgoing& event) noexcept {
    if (event.box != nullptr) {
        return publish_status::accepted;
    }
    const bool in_slot = event.type != nullptr && event.type->in_slot;
    if (in_slot && what.cause == nullptr && !given(what.options)) {
        return publish_status::accepted;
    }
    const inheritance data(what.options, what.cause);
    if (data.depth > causal_depth_max) {
        return publish_status::rejected_too_deep;
    }
    const auto text_bytes = data.text_bytes();
    if (data.all.headers.size() > headers_max || text_bytes > metadata_bytes_max) {
        return publish_status::rejected_invalid;
    }
    const auto headers_at = sizeof(envelope);
    const auto texts_at = headers_at + data.all.headers.size() * sizeof(header);
    const auto payload_align = in_slot || event.type == nullptr ? 1 : std::size_t{event.type->align};
    const auto payload_at = round_up(texts_at + text_bytes, payload_align);
    const auto payload_bytes = event.text != nullptr ? event.text->size()
                               : in_slot             ? 0
                                                     : std::size_t{event.type->size};
    const auto bytes = payload_at + payload_bytes;
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
    if (box->expires_system_ns != 0) {
        event.flags |= stamp_expires;
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

bool engine::charge(publisher_slot& slot, std::int64_t bytes, bool urgent) noexcept {
    const auto cached = slot.bytes.take(bytes);
    if (cached == bytes) {
        return true;
    }
    if (cached > 0 && !slot.bytes.add(cached)) {
        shared_.bytes.give(cached);
    }
    const auto floor = urgent ? 0 : shared_.bytes.reserve();
    for (;;) {
        const auto got = shared_.bytes.take(std::max(bytes, bytes_chunk), floor);
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
    std::int64_t moved = 0;
    for (std::uint32_t index = 0; index < slots_->size(); ++index) {
        auto& other = slots_->at(index);
        moved += other.bytes.sweep([&] {
            return &other != &mine && other.section.inside(other.section.count());
        });
    }
    if (moved > 0) {
        shared_.bytes.give(moved);
    }
    return moved;
}

}  // namespace stentor::inline v0::detail
