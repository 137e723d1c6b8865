// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/metadata.hpp>
#include <stentor/event/publish_result.hpp>
#include <stentor/event/slot.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace stentor::inline v0::detail {

class publisher_slot;

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
    };

    // The payload is in the image already; the engine fills in the header.
    virtual publish_result publish_slot(const request& what, slot_image& image) noexcept = 0;
    // Moves the event from `object`, unless the publish is refused: then it is untouched.
    virtual publish_result publish_boxed(const request& what, void* object) noexcept = 0;
    virtual publish_result publish_text(const request& what, std::string_view topic,
                                        std::string& text) noexcept = 0;
    // A prefix of `count` objects of the type, `type->size` apart. Returns how many went in.
    // `move` takes them from their place, else they are copied.
    virtual std::size_t publish_bulk(const request& what, void* first, std::size_t count, bool move,
                                     publish_status& last) noexcept = 0;

protected:
    ~publish_target() = default;
};

template <class E>
publish_result publish_to(publish_target& target, publish_target::request what, E& event) noexcept {
    what.type = &event_type_of<E>;
    if constexpr (fits_slot<E>) {
        slot_image image;
        std::memcpy(image.payload, &event, sizeof(E));
        return target.publish_slot(what, image);
    } else {
        return target.publish_boxed(what, &event);
    }
}

}  // namespace stentor::inline v0::detail
