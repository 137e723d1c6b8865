// SPDX-License-Identifier: MIT
#include "bus/letter_event.hpp"

#include "base/allocator.hpp"
#include "event/envelope.hpp"
#include "registry/route.hpp"

#include <atomic>
#include <cstring>
#include <string>

namespace stentor::inline v0::detail {

std::shared_ptr<const kept_event> kept_event::copy(const event_type& type, const void* object) {
    if (type.copy_into == nullptr) {
        return nullptr;
    }
    const std::shared_ptr<kept_event> made(new kept_event(type));
    made->object_ = allocate_bytes(type.size, type.align);
    if (made->object_ == nullptr) {
        return nullptr;
    }
    type.copy_into(made->object_, object);
    made->made_ = true;
    return made;
}

kept_event::~kept_event() {
    if (made_ && type_.destroy != nullptr) {
        type_.destroy(object_);
    }
    if (object_ != nullptr) {
        free_bytes(object_, type_.align);
    }
}

// Of what the copy owns elsewhere nothing is known.
std::size_t kept_event::bytes() const noexcept {
    return sizeof(kept_event) + type_.size;
}

dead_letter_payload payload_of_event(const slot_header& slot, const letter_codec* codec) {
    dead_letter_payload payload;
    const auto* type = slot.origin->topic->type;
    if (type == nullptr) {
        payload.bytes = slot.box->text;
        const auto first = payload.bytes.find_first_not_of(" \t\r\n");
        const bool looks_like_json = first != std::string::npos &&
                                     (payload.bytes[first] == '{' || payload.bytes[first] == '[');
        payload.content = looks_like_json ? dead_letter_content::json : dead_letter_content::binary;
        return payload;
    }
    payload.content = dead_letter_content::object;
    const void* object =
        type->in_slot ? static_cast<const void*>(&slot + 1) : slot.box->payload.object;
    if (codec != nullptr) {
        if (auto written = codec->write(object)) {
            payload.content = codec->content;
            payload.bytes = *std::move(written);
            return payload;
        }
    }
#if defined(__cpp_exceptions)
    try {
        payload.object = kept_event::copy(*type, object);
    } catch (...) {
        payload.object = nullptr;  // the letter says what happened all the same
    }
#else
    payload.object = kept_event::copy(*type, object);
#endif
    return payload;
}

std::optional<std::uint64_t> order_key_of(const key_function& keys, const route& through,
                                          const dead_letter& letter) {
    envelope box;
    box.type = through.topic->type;
    box.text = letter.payload.bytes;
    box.key = letter.key;
    box.has_id = true;
    box.id = letter.id;
    slot_image image{};
    image.header = {.origin = &through, .ticket = 0, .stamp = 0, .box = &box};
    if (box.type != nullptr) {
        const auto* object = letter.payload.object->object();
        box.payload.object = const_cast<void*>(object);
        if (box.type->in_slot) {
            std::memcpy(image.payload, object, box.type->size);
        }
    }
    std::uint64_t key = 0;
    const std::atomic<bool> closed{false};
    key_batch one{.slots = reinterpret_cast<const std::byte*>(&image),
                  .stride = sizeof image,
                  .end = 1,
                  .keys = &key,
                  .closed = &closed};
#if defined(__cpp_exceptions)
    try {
        keys.read(one);
    } catch (...) {
        return std::nullopt;
    }
#else
    keys.read(one);
#endif
    return key;
}

}  // namespace stentor::inline v0::detail
