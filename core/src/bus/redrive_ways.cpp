// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/intercepting.hpp"
#include "bus/redriving.hpp"
#include "bus/validating.hpp"

#include <algorithm>
#include <utility>

// For whom a redriven event is, and over which route it goes there.
namespace stentor::inline v0::detail {

// Bytes of a type that has a codec become an event. Without the lock: the codec is the user's.
void engine::life::redriving::decode(dead_letter& letter, std::string& why) {
    auto& payload = letter.payload;
    const auto codec = payload.content == dead_letter_content::object
                           ? std::nullopt
                           : life_.codec_of_topic(letter.topic, payload.content);
    if (!codec) {
        return;
    }
    auto event = codec->read(payload.bytes);
    if (event) {
        payload = {
            .content = dead_letter_content::object, .bytes = {}, .object = *std::move(event)};
    } else {
        why = "its bytes are no event of topic " + letter.topic + ": " + event.error().message();
    }
}

// Empty: the letter's event can be one of the topic's.
std::string engine::life::redriving::mismatch(const dead_letter& letter, const topic_entry* known) {
    const auto& payload = letter.payload;
    const auto* type = payload.object != nullptr ? payload.object->type() : nullptr;
    if (payload.missing() || (payload.object != nullptr && type == nullptr)) {
        return "the letter has no event: it could not be copied, or was left behind by an export; "
               "publish it anew";
    }
    if (type != nullptr && !type->in_slot && type->copy_into == nullptr) {
        return "the letter's event cannot be copied";
    }
    if (known == nullptr) {
        return {};
    }
    const std::string here =
        "topic " + letter.topic + " has events " +
        (known->type == nullptr ? "without a type" : "of type " + std::string(known->type->name));
    if (type == nullptr && known->type != nullptr) {
        return here + ", and the letter has bytes; give dead_letters().use_codec() a codec for it";
    }
    if (type != nullptr && (known->type == nullptr || !same_type(*known->type, *type))) {
        return here + ", and the letter has one of type " + std::string(type->name);
    }
    return {};
}

engine::life::redriving::way* engine::life::redriving::way_for(const dead_letter& letter,
                                                               std::string& why) {
    const auto& name = options_.to.empty() ? letter.subscription : options_.to;
    const std::lock_guard lock(of_.registry_);
    const auto record = std::ranges::find(of_.active_, name,
                                          [](const auto& one) -> const auto& { return one->name; });
    if (record == of_.active_.end() || !(*record)->listens) {
        why = "no subscription is called " + name +
              "; if it has another name now, give that as redrive_options::to";
        return nullptr;
    }
    if (!(*record)->matches(letter.topic)) {
        why = "subscription " + name + " does not listen to topic " + letter.topic;
        return nullptr;
    }
    if ((*record)->own == nullptr) {
        why = "subscription " + name + " has no lane of its own; give it dead_letters or retry";
        return nullptr;
    }
    if ((*record)->state == handler_state::paused && (*record)->paused_by == letters_pauser) {
        why = "subscription " + name +
              " is paused because the dead letter store is full; make room there, as by an export "
              "and a purge, and enable it";
        return nullptr;
    }
    auto* entry = of_.topics_.find(letter.topic);
    why = mismatch(letter, entry);
    if (!why.empty()) {
        return nullptr;
    }
    for (const auto& one : ways_) {
        if (one->record == *record && one->lane_then == (*record)->own &&
            one->through->topic == entry) {
            return one.get();
        }
    }
    if (entry == nullptr) {
        const auto* object = letter.payload.object.get();
        entry = of_.add_topic(letter.topic, object != nullptr ? object->type() : nullptr);
    }
    if (entry == nullptr) {
        why = "there is no memory, or no lane";
        return nullptr;
    }
    return add_way(*record, *entry);
}

// A route that no topic has. It counts as retired, and is reclaimed when nobody uses it any more.
engine::life::redriving::way* engine::life::redriving::add_way(const record_ptr& to,
                                                               topic_entry& entry) {
    auto fresh = std::make_unique<route>(of_.slots_->size(),
                                         static_cast<std::uint32_t>(of_.runners_.size()) + 1);
    fresh->topic = &entry;
    fresh->topic_alive = entry.current.load(std::memory_order_relaxed)->topic_alive;
    fresh->slot_size = slot_size_for(entry.type);
    fresh->targets.push_back({.through = to->own, .first = 0, .count = 1});
    fresh->subscriptions.push_back(to);
    fresh->inline_first = 1;
    fresh->rules = life_.rules().of(entry);
    fresh->interceptors = life_.interceptors().of(entry.name);
    fresh->redrives.store(1, std::memory_order_relaxed);
    auto made = std::make_unique<way>(way{
        .record = to, .through = fresh.get(), .lane_then = to->own, .sequence = to->options.order});
    make_room(ways_, ways_.size() + 1);
    make_room(of_.retired_routes_, of_.retired_routes_.size() + 1);
    count_in(*fresh);
    // Nobody reads it but this redrive, which it counts.
    of_.retired_routes_.push_back({.what = std::move(fresh), .readers = {}, .observed = true});
    ways_.push_back(std::move(made));
    return ways_.back().get();
}

}  // namespace stentor::inline v0::detail
