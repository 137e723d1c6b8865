// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/letter_event.hpp"
#include "bus/life.hpp"
#include "bus/subscription_checks.hpp"
#include "registry/event_view.hpp"
#include "registry/route.hpp"
#include "resilience/held_keys.hpp"
#include <stentor/event/any_event.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <utility>

// Dead letters: from a delivery that has failed for good into the store.
namespace stentor::inline v0::detail {

namespace {

// What the event is and came with.
void describe_event(dead_letter& letter, const slot_header& slot, const letter_codec* codec) {
    const any_event event(reinterpret_cast<const std::byte*>(&slot));
    const auto data = event.metadata();
    letter.id = data.id;
    letter.topic = slot.origin->topic->name;
    letter.key = data.key;
    letter.correlation_id = data.correlation_id;
    letter.causation_id = data.causation_id;
    letter.published = data.time;
    letter.depth = data.depth;
    letter.user_id = data.user_id;
    letter.source = data.source;
    letter.traceparent = data.traceparent;
    letter.tracestate = data.tracestate;
    letter.expires_at = data.expires_at;
    for (std::uint32_t index = 0; index < data.header_count; ++index) {
        const auto one = event.header_at(index);
        letter.headers.push_back({std::string(one.name), std::string(one.value)});
    }
    letter.payload = payload_of_event(slot, codec);
    if (const auto* type = event.type(); type != nullptr) {
        letter.type_name = type->name;
        letter.schema_version = type->schema_version;
    }
}

}  // namespace

void engine::life::use_codec(const letter_codec& one) {
    const std::lock_guard lock(codecs_mutex_);
    const auto found = std::ranges::find_if(
        codecs_, [&](const letter_codec& each) { return same_type(*each.type, *one.type); });
    if (found != codecs_.end()) {
        *found = one;
    } else {
        codecs_.push_back(one);
    }
}

std::optional<letter_codec> engine::life::codec_for(const event_type* type) const {
    const std::lock_guard lock(codecs_mutex_);
    for (const auto& one : codecs_) {
        if (type != nullptr && same_type(*one.type, *type)) {
            return one;
        }
    }
    return std::nullopt;
}

std::optional<letter_codec> engine::life::codec_of_topic(std::string_view topic,
                                                         dead_letter_content content) const {
    const std::lock_guard lock(codecs_mutex_);
    for (const auto& one : codecs_) {
        if (one.type->topic == topic && one.content == content) {
            return one;
        }
    }
    return std::nullopt;
}

std::unique_ptr<dead_letter> engine::life::write(const failure& about,
                                                 dead_letter_reason why) noexcept {
    auto made = write_unattempted(about.subscription, about.slot, why, 0);
    const bool whole =
        made != nullptr && attempt([&] {
            const auto began = of_.shared_.now() - about.duration_ns;
            add_attempt(*made, {.number = about.attempt,
                                .at = of_.shared_.wall_time(began),
                                .duration = std::chrono::nanoseconds(about.duration_ns),
                                .errors = of_.log_.error_chain(about.subscription, about.said)});
            made->attempts_total = static_cast<std::uint64_t>(about.attempt);
        });
    if (!whole) {
        made.reset();
    }
    return made;
}

std::unique_ptr<dead_letter> engine::life::write_unattempted(const subscription_record& of,
                                                             const slot_header& slot,
                                                             dead_letter_reason why,
                                                             std::int32_t attempts) noexcept {
    std::unique_ptr<dead_letter> made;
    static_cast<void>(attempt([&] {
        auto letter = std::make_unique<dead_letter>();
        const auto codec = codec_for(slot.origin->topic->type);
        describe_event(*letter, slot, codec ? &*codec : nullptr);
        letter->subscription = of.name;
        letter->reason = why;
        letter->attempts_total = static_cast<std::uint64_t>(attempts);
        letter->last_failed = of_.shared_.wall_time(of_.shared_.now());
        letter->first_failed = letter->last_failed;
        made = std::move(letter);
    }));
    return made;
}

std::uint64_t engine::life::store(const dead_letter& letter, std::string& refusal) noexcept {
    std::uint64_t number = 0;
    if (!attempt([&] {
            auto stored = letters_->put(letter);
            if (stored) {
                number = *stored;
            } else {
                refusal = std::move(stored.error().message);
            }
        })) {
        refusal.clear();
    }
    return number;
}

letter_place engine::life::keep(subscription_record& of, const dead_letter& letter, bool last,
                                std::uint64_t& number) noexcept {
    std::string refusal;
    number = store(letter, refusal);
    if (number != 0) {
        announce_dead_lettered(of, letter, number);
        return letter_place::stored;
    }
    if (of.options.critical) {
        bool saved = false;
        static_cast<void>(attempt([&] { saved = save(of, letter, refusal); }));
        if (saved) {
            return letter_place::stored;
        }
    }
    auto where = last ? letter_place::nowhere : letter_place::waits;
    static_cast<void>(attempt([&] {
        const auto why = "the dead letter store takes no letter: " +
                         (refusal.empty() ? std::string("no memory") : refusal);
        const auto record = of.shared_from_this();
        const auto paused =
            last ? result<bool, error>(false) : pause(record, {.why = why, .by = letters_pauser});
        if (paused && *paused) {
            // Who made room meanwhile found nobody to resume.
            number = store(letter, refusal);
            if (number != 0) {
                announce_dead_lettered(of, letter, number);
                where = letter_place::stored;
                static_cast<void>(resume(record));
                return;
            }
            of_.log_.notice(subject_of(of.name) + " is paused: " + why +
                            "; nothing is lost; make room there, then enable it");
        }
        if (last || (!paused && paused.error().code() == errc::closed)) {
            where = letter_place::nowhere;
            of_.log_.notice(subject_of(of.name) + " ends, and " + why + "; event " +
                            letter.id.to_string() + " of topic " + letter.topic +
                            " failed for good and is not kept");
        }
    }));
    return where;
}

// The letter's event as its key function takes it. Nothing: it has none, or of another type.
std::optional<std::uint64_t> engine::life::key_in(const subscription_record& of,
                                                  dead_letter letter) const {
    auto& payload = letter.payload;
    if (const auto codec = payload.content == dead_letter_content::object
                               ? std::nullopt
                               : codec_of_topic(letter.topic, payload.content)) {
        auto event = codec->read(payload.bytes);
        if (!event) {
            return std::nullopt;
        }
        payload.object = *std::move(event);
    }
    const auto* type = payload.object != nullptr ? payload.object->type() : nullptr;
    const bool fits = of.type == nullptr || (type != nullptr && same_type(*of.type, *type));
    if (!fits || payload.missing() || (payload.object != nullptr && type == nullptr)) {
        return std::nullopt;
    }
    topic_entry topic;
    topic.name = letter.topic;
    topic.type = type;
    route through(0, 0);
    through.topic = &topic;
    return order_key_of(*of.options.order.keys(), through, letter);
}

std::optional<error> engine::life::hold_keys(subscription_record& of) {
    if (!of.options.letters_hold_keys) {
        return std::nullopt;
    }
    of.held = std::make_shared<held_keys>(letters_);
    std::uint64_t unknown = 0;
    for (dead_letter_page page{.after = 0, .limit = dead_letter_page_max};;) {
        auto found = letters_->list({.subscription = of.name}, page);
        if (!found) {
            return error(errc::not_found, subject_of(of.name) +
                                              ": letters_hold_keys needs the letters that there "
                                              "are, and the store does not list them: " +
                                              found.error().message);
        }
        for (auto& letter : found->letters) {
            const auto number = letter.number;
            if (const auto key = key_in(of, std::move(letter)); !key) {
                ++unknown;
            } else if (of.held->expect(*key)) {
                of.held->add(*key, number);
            } else {
                return error::out_of_memory();
            }
        }
        if (found->next == 0) {
            break;
        }
        page.after = found->next;
    }
    if (unknown != 0) {
        of_.log_.notice(subject_of(of.name) + ": " + std::to_string(unknown) +
                        " of its dead letters hold no key, because their events cannot be read; "
                        "where they are bytes, call use_codec() before");
    }
    return std::nullopt;
}

void engine::life::enable_lettered() {
    std::vector<record_ptr> waiting;
    {
        const std::lock_guard lock(of_.registry_);
        for (const auto& one : of_.active_) {
            if (one->state == handler_state::paused && one->paused_by == letters_pauser) {
                waiting.push_back(one);
            }
        }
    }
    for (const auto& one : waiting) {
        static_cast<void>(resume(one));
    }
}

}  // namespace stentor::inline v0::detail
