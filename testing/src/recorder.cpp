// SPDX-License-Identifier: MIT
#include "recorder.hpp"

#include <stentor/base/clock.hpp>
#include <stentor/event/any_event.hpp>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace stentor::inline v0::testing::detail {

event_copy::event_copy(event_copy&& other) noexcept
    : type_(other.type_), object_(std::exchange(other.object_, nullptr)) {}

event_copy& event_copy::operator=(event_copy&& other) noexcept {
    std::swap(type_, other.type_);
    std::swap(object_, other.object_);
    return *this;
}

event_copy::~event_copy() {
    if (object_ != nullptr) {
        if (type_->destroy != nullptr) {
            type_->destroy(object_);
        }
        ::operator delete(object_, std::align_val_t{type_->align});
    }
}

event_copy event_copy::of(const event_type& type, const void* object) noexcept {
    event_copy made;
    if (type.copy_into == nullptr) {
        return made;
    }
    auto* place = ::operator new(type.size, std::align_val_t{type.align}, std::nothrow);
    if (place == nullptr) {
        return made;
    }
    try {
        type.copy_into(place, object);
    } catch (...) {
        ::operator delete(place, std::align_val_t{type.align});
        return made;
    }
    made.type_ = &type;
    made.object_ = place;
    return made;
}

const void* event_copy::get(const event_type& type) const noexcept {
    return object_ != nullptr && same_type(*type_, type) ? object_ : nullptr;
}

history recorder::events() const {
    const std::lock_guard lock(mutex_);
    std::vector<published_event> copies;
    copies.reserve(events_.size());
    for (const auto& one : events_) {
        copies.emplace_back(one);
    }
    return history(std::move(copies));
}

void recorder::forget() {
    const std::lock_guard lock(mutex_);
    events_.clear();
}

// What the event is given, and what it inherits from the one that caused it; as the engine does.
std::shared_ptr<publication> recorder::begin(const request& what, std::string_view topic) {
    auto made = std::make_shared<publication>();
    made->topic = topic;
    made->publisher = running;
    if (what.options != nullptr) {
        made->correlation_id = what.options->correlation_id;
        made->user_id = what.options->user_id;
        made->key = what.options->key;
    }
    if (what.cause != nullptr) {
        const auto parent = any_event(what.cause).metadata();
        made->causation_id = parent.id;
        made->depth = parent.depth + 1;
        if (made->correlation_id.empty()) {
            made->correlation_id = parent.correlation_id;
        }
        if (made->correlation_id.empty()) {
            made->correlation_id = parent.id.to_string();
        }
        if (made->user_id.empty()) {
            made->user_id = parent.user_id;
        }
    }
    if (clock_ != nullptr) {
        made->unix_ns = clock_->system_ns();
    }
    const std::lock_guard lock(mutex_);
    events_.push_back(made);
    return made;
}

publish_result recorder::end(publication& about, const request& what,
                             publish_result result) noexcept {
    const std::lock_guard lock(mutex_);
    about.status = result.status();
    const bool given = what.options != nullptr && what.options->id;
    if (result || result.status() == publish_status::accepted_partial) {
        about.id = given ? *what.options->id : result.id();
    }
    return result;
}

publish_result recorder::answer() noexcept {
    const bool accepted =
        answer_ == publish_status::accepted || answer_ == publish_status::accepted_partial;
    return accepted
               ? publish_result(answer_, {.ticket = dice_.word() | 1,
                                          .unix_ns = clock_ != nullptr ? clock_->system_ns() : 0,
                                          .key = dice_.word()})
               : publish_result(answer_);
}

void recorder::publish_small(publish_result& made, const event_type& type, const std::byte* payload,
                             stentor::detail::publisher_slot* slot) noexcept {
    const request what{.type = &type, .slot = slot};
    const auto noted = begin(what, type.topic);
    noted->value = event_copy::of(type, payload);
    if (engine_ != nullptr) {
        engine_->publish_small(made, type, payload, slot);
    } else {
        made = answer();
    }
    made = end(*noted, what, made);
}

publish_result recorder::publish_slot(const request& what, const std::byte* payload) noexcept {
    const auto noted = begin(what, what.type->topic);
    noted->value = event_copy::of(*what.type, payload);
    return end(*noted, what, engine_ != nullptr ? engine_->publish_slot(what, payload) : answer());
}

publish_result recorder::publish_boxed(const request& what, void* object) noexcept {
    const auto noted = begin(what, what.type->topic);
    noted->value = event_copy::of(*what.type, object);
    return end(*noted, what, engine_ != nullptr ? engine_->publish_boxed(what, object) : answer());
}

publish_result recorder::publish_text(const request& what, std::string_view topic,
                                      std::string& text) noexcept {
    const auto noted = begin(what, topic);
    noted->text = text;
    return end(*noted, what,
               engine_ != nullptr ? engine_->publish_text(what, topic, text) : answer());
}

// One by one, so that each has its place and its id in the history.
std::size_t recorder::publish_bulk(const request& what, void* first, std::size_t count, bool move,
                                   publish_status& last) noexcept {
    last = publish_status::accepted;
    auto each = what;
    each.checked = true;
    if (engine_ != nullptr && engine_->refuses(what, first, count, each.checked)) {
        last = publish_status::rejected_invalid;
        return 0;
    }
    auto* at = static_cast<std::byte*>(first);
    for (std::size_t index = 0; index < count; ++index, at += what.type->size) {
        const auto result = one_of_many(each, at, move);
        last = result.status();
        if (!result && last != publish_status::accepted_partial) {
            return index;
        }
    }
    return count;
}

publish_result recorder::one_of_many(const request& what, std::byte* object, bool move) noexcept {
    const auto& type = *what.type;
    if (type.in_slot) {
        alignas(stentor::detail::slot_align_max)
            std::byte payload[stentor::detail::slot_payload_max]{};
        std::memcpy(payload, object, type.size);
        return publish_slot(what, payload);
    }
    const auto noted = begin(what, type.topic);
    noted->value = event_copy::of(type, object);
    if (engine_ == nullptr) {
        return end(*noted, what, answer());
    }
    if (move) {
        return end(*noted, what, engine_->publish_boxed(what, object));
    }
    auto copy = event_copy::of(type, object);
    return end(*noted, what,
               copy.object() != nullptr ? engine_->publish_boxed(what, copy.object())
                                        : publish_result(publish_status::rejected_no_memory));
}

}  // namespace stentor::inline v0::testing::detail
