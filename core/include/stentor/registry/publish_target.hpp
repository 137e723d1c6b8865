// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/metadata.hpp>
#include <stentor/event/publish_result.hpp>
#include <stentor/event/slot.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stentor::inline v0 {
class context;
enum class reply_status : std::uint8_t;
}  // namespace stentor::inline v0

namespace stentor::inline v0::detail {

class delivery_tracker;
class publisher_slot;
class reply_ticket;
struct redriven_event;

// The type-erased door into the engine: what bus, publisher and context publish through. Any
// thread; lock-free; does not throw.
class publish_target {
public:
    // `options` may be null. `cause` is the slot of the event being handled, or null. `slot` is a
    // leased publisher slot, or null for the calling thread's own.
    struct request {
        const event_type* type = nullptr;
        const publish_options* options = nullptr;
        const std::byte* cause = nullptr;
        publisher_slot* slot = nullptr;
        // Follows the event's deliveries to their end; null: nobody waits for it.
        delivery_tracker* tracker = nullptr;
        // Waits so long for room in whatever subscription is full; negative: as they say.
        std::int64_t wait_ns = -1;

        // Nothing but an event: no metadata, nobody who waits.
        [[nodiscard]] bool plain() const noexcept {
            return options == nullptr && cause == nullptr && tracker == nullptr && wait_ns < 0;
        }
        // Of a request: where its answer goes. The publish adds a reference of its own.
        reply_ticket* asks = nullptr;
        // Of `cause`: its handler's; null: interceptors are told of no call.
        const context* by = nullptr;
        // Interceptors and rules have seen it already.
        bool checked = false;
        // An event that was published before, and whom it is for; null: a new one.
        const redriven_event* again = nullptr;
    };

    // A payload that fits a slot; slot_payload_max bytes can be read there. The first form is for
    // events without metadata, and `slot` is as in a request; `made` is filled in every case.
    virtual void publish_small(publish_result& made, const event_type& type,
                               const std::byte* payload, publisher_slot* slot) noexcept = 0;
    virtual publish_result publish_slot(const request& what, const std::byte* payload) noexcept = 0;
    // Moves the event from `object`, unless the publish is refused: then it is untouched.
    virtual publish_result publish_boxed(const request& what, void* object) noexcept = 0;
    virtual publish_result publish_text(const request& what, std::string_view topic,
                                        std::string& text) noexcept = 0;
    // A prefix of `count` objects of the type, `type->size` apart. Returns how many went in.
    // `move` takes them from their place, else they are copied.
    virtual std::size_t publish_bulk(const request& what, void* first, std::size_t count, bool move,
                                     publish_status& last) noexcept = 0;

    // For who publishes many one by one, instead of in bulk: some of these objects are invalid, so
    // that none may be published. It is said and counted. `checked`: so that each may be published
    // as checked.
    [[nodiscard]] virtual bool refuses([[maybe_unused]] const request& what,
                                       [[maybe_unused]] const void* first,
                                       [[maybe_unused]] std::size_t count,
                                       [[maybe_unused]] bool& checked) noexcept {
        return false;
    }

    // A handler has answered a request, for the snapshot.
    virtual void count_reply([[maybe_unused]] reply_status status) noexcept {}

protected:
    ~publish_target() = default;
};

// Of what is no event the caller says so, and nothing else should be said about it.
template <class E>
    requires(!stentor::event<E>)
publish_result publish_to(publish_target& target, publish_target::request what, E& event) noexcept;

template <stentor::event E>
publish_result publish_to(publish_target& target, publish_target::request what, E& event) noexcept {
    what.type = &event_type_of<E>;
    if constexpr (fits_slot<E>) {
        const auto publish = [&](const std::byte* payload) noexcept {
            publish_result made(unfilled);
            if (what.plain()) {
                target.publish_small(made, event_type_of<E>, payload, what.slot);
            } else {
                made = target.publish_slot(what, payload);
            }
            return made;
        };
        if constexpr (sizeof(E) == slot_payload_max) {
            return publish(reinterpret_cast<const std::byte*>(&event));
        } else {
            alignas(slot_align_max) std::byte payload[slot_payload_max];
            std::memcpy(payload, &event, sizeof(E));
            return publish(payload);
        }
    } else {
        return target.publish_boxed(what, &event);
    }
}

}  // namespace stentor::inline v0::detail
