// SPDX-License-Identifier: MIT
#include "base/allocator.hpp"
#include "base/attempt.hpp"
#include "bus/away_from_slot.hpp"
#include "bus/intercepting.hpp"
#include "bus/outgoing_parts.hpp"
#include "bus/validating.hpp"
#include "event/reply_ticket.hpp"

#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <utility>

// A publish that interceptors see: outside the publisher's section and before validation, on a copy
// where the caller's object is not theirs to change.
namespace stentor::inline v0::detail {

// An event on its way through the interceptors, and from there to its lanes.
class engine::life::intercepting::passing : public outgoing_parts {
public:
    // Events that are copied do so in place up to this size.
    static constexpr std::size_t place_size = 256;

    passing(const engine& of, const request& asked, const outgoing& given) noexcept
        : outgoing_parts(of.shared_), what(asked), event(given) {
        what.checked = true;  // it will be
        what.options = &options;
        if (asked.options != nullptr) {
            options = *asked.options;
        }
        topic = event.type != nullptr ? event.type->topic : event.topic_name;
        type = event.type;
        text = event.text;
        object = event.object;
        cause = asked.cause;
        again = asked.again;
        if (asked.by != nullptr) {
            const auto& frame = asked.by->frame();
            call.emplace(frame.slot(), asked.by->subscription(), frame.call, frame.taken,
                         frame.attempt);
        }
        if (type != nullptr && type->in_slot) {
            std::memcpy(payload_, event.payload, slot_payload_max);
            event.payload = payload_;
            object = payload_;
        }
    }
    passing(const passing&) = delete;
    passing& operator=(const passing&) = delete;
    ~passing() {
        if (copy_ != nullptr && type->destroy != nullptr) {
            type->destroy(copy_);
        }
        if (memory_ != nullptr) {
            free_bytes(memory_, type->align);
        }
    }

    // Makes the event one that may be changed. False: no memory, or its copy constructor threw.
    [[nodiscard]] bool own() noexcept {
        if (!event.copies) {
            return true;
        }
        void* to = place_;
        if (type->size > sizeof place_ || type->align > alignof(std::max_align_t)) {
            to = memory_ = allocate_bytes(type->size, type->align);
        }
        if (to == nullptr || !place_payload(event, to)) {
            return false;
        }
        object = event.object = copy_ = to;
        event.copies = false;
        return true;
    }

    request what;
    outgoing event;

private:
    void* copy_ = nullptr;
    void* memory_ = nullptr;
    alignas(slot_align_max) std::byte payload_[slot_payload_max];
    alignas(std::max_align_t) std::byte place_[place_size];
};

// Accepted: it may be published as it is now.
publish_status engine::life::intercepting::show(passing& one, const topic_rules& rules) noexcept {
    if (!one.own()) {
        return publish_status::rejected_no_memory;
    }
    outgoing_event shown(one);
    for (const auto* each : rules.before) {
        if (!guarded(*each, "before_publish", [&] { each->before_publish(shown); })) {
            return publish_status::rejected_interceptor;
        }
    }
    if (one.kept.failed()) {
        return publish_status::rejected_no_memory;
    }
    if (auto* answer = one.event.answer; answer != nullptr && *answer) {
        *answer = boxed_value::copied_from(*one.type, one.object);  // as it is now
    }
    return publish_status::accepted;
}

publish_result engine::life::intercepting::publish(publisher_slot*& slot, const request& what,
                                                   outgoing& event,
                                                   const topic_rules& rules) noexcept {
    passing one(of_, what, event);
    auto status = publish_status::accepted;
    {
        const away_from_slot away(*of_.slots_, slot);
        status = show(one, rules);
    }
    return status == publish_status::accepted
               ? of_.life_->rules().publish_valid(slot, one.what, one.event, rules)
               : of_.finish(*slot, status);
}

std::size_t engine::life::intercepting::publish_bulk(publisher_slot*& slot, const request& what,
                                                     std::byte* first, std::size_t count, bool move,
                                                     const topic_rules& rules,
                                                     publish_status& last) noexcept {
    const auto& type = *what.type;
    std::vector<std::unique_ptr<passing>> all;
    last = publish_status::accepted;
    violations found;
    std::size_t invalid = 0;
    {
        const away_from_slot away(*of_.slots_, slot);
        const bool had_memory = attempt([&] {
            all.reserve(count);
            for (auto* object = first; all.size() < count && last == publish_status::accepted;
                 object += type.size) {
                alignas(slot_align_max) std::byte payload[slot_payload_max] = {};
                outgoing event{.payload = payload, .type = &type};
                if (type.in_slot) {
                    std::memcpy(payload, object, type.size);
                } else {
                    event.object = object;
                    event.copies = !move;
                }
                all.push_back(std::make_unique<passing>(of_, what, event));
                last = show(*all.back(), rules);
            }
        });
        if (!had_memory) {
            last = publish_status::rejected_no_memory;
        }
        for (std::size_t at = 0; last == publish_status::accepted && at < count; ++at) {
            violations against;
            of_.life_->rules().look_at(rules, all[at]->event, against);
            if (!against.empty()) {
                ++invalid;
                const auto here = found.at(at);
                found.add(against);
            }
        }
    }
    if (last != publish_status::accepted) {
        static_cast<void>(of_.finish(*slot, last));
        return 0;
    }
    if (invalid != 0) {
        last = publish_status::rejected_invalid;
        of_.life_->rules().refuse(*slot, what, invalid, std::move(found));
        return 0;
    }
    for (std::size_t at = 0; at < count; ++at) {
        const auto result = of_.publish_through(slot, all[at]->what, all[at]->event);
        last = result.status();
        if (!result && last != publish_status::accepted_partial) {
            return at;
        }
    }
    return count;
}

}  // namespace stentor::inline v0::detail
