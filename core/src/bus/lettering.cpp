// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/letter_event.hpp"
#include "bus/life.hpp"
#include "bus/subscription_checks.hpp"
#include "registry/event_view.hpp"
#include <stentor/event/any_event.hpp>

#include <algorithm>
#include <chrono>
#include <exception>

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
    std::unique_ptr<dead_letter> made;
    static_cast<void>(attempt([&] {
        auto letter = std::make_unique<dead_letter>();
        const auto codec = codec_for(about.slot.origin->topic->type);
        describe_event(*letter, about.slot, codec ? &*codec : nullptr);
        letter->subscription = about.subscription.name;
        letter->reason = why;
        const auto began = of_.shared_.now() - about.duration_ns;
        add_attempt(*letter, {.number = about.attempt,
                              .at = of_.shared_.wall_time(began),
                              .duration = std::chrono::nanoseconds(about.duration_ns),
                              .errors = of_.log_.error_chain(about.subscription, about.said)});
        letter->attempts_total = static_cast<std::uint64_t>(about.attempt);
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

letter_place engine::life::keep(subscription_record& of, const dead_letter& letter,
                                bool last) noexcept {
    std::string refusal;
    if (const auto number = store(letter, refusal); number != 0) {
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
            if (const auto number = store(letter, refusal); number != 0) {
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
