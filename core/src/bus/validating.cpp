// SPDX-License-Identifier: MIT
#include "bus/validating.hpp"

#include "base/attempt.hpp"
#include "bus/away_from_slot.hpp"
#include "bus/error_log.hpp"
#include "bus/intercepting.hpp"
#include "event/codec_text.hpp"

#include <algorithm>
#include <utility>

// Validation, before an event has an id and before anybody has a credit for it. The publisher has
// found that its topic has rules; it takes them along out of its section, because a validator may
// take its time, and comes back when they are content.
namespace stentor::inline v0::detail {

constinit thread_local const validation_record::call* validation_record::call::innermost = nullptr;

void validation_record::close() noexcept {
    closed_.store(true, std::memory_order_seq_cst);  // [PAIR rule]
    if (call::any()) {
        // It may be this very call, or a call that waits for this one.
        deferred_.store(true, std::memory_order_seq_cst);
        if (calls_.load(std::memory_order_seq_cst) != 0) {
            return;
        }
    }
    for (;;) {
        const auto running = calls_.load(std::memory_order_seq_cst);  // [PAIR rule]
        if (running == 0) {
            break;
        }
        futex_wait(calls_, running, -1);
    }
    if (!gone_.exchange(true, std::memory_order_acq_rel)) {
        function.reset();
    }
}

void validation_record::leave() noexcept {
    // Nothing of the rule is touched by who is not the last, but the rules outlive every call: the
    // publisher holds them.
    if (calls_.fetch_sub(1, std::memory_order_seq_cst) == 1 &&  // [PAIR rule]
        closed_.load(std::memory_order_seq_cst)) [[unlikely]] {
        futex_wake_all(calls_);
        if (deferred_.load(std::memory_order_seq_cst) &&
            !gone_.exchange(true, std::memory_order_acq_rel)) {
            function.reset();
        }
    }
}

namespace {

candidate seen(const event_type* type, const void* object, std::string_view topic,
               const std::string* text) noexcept {
    return {type != nullptr ? type->topic : topic, type, object,
            text != nullptr ? std::string_view(*text) : std::string_view()};
}

void hand_over(const publish_options* options, violations&& found) noexcept {
    if (options != nullptr && options->violations != nullptr) {
        *options->violations = std::move(found);
    }
}

void check_size(std::size_t bytes, std::int64_t size_max, violations& found) noexcept {
    if (size_max > 0 && bytes > static_cast<std::size_t>(size_max)) {
        static_cast<void>(attempt([&] {
            found.add({}, "too_large",
                      "the event has " + std::to_string(bytes) + " bytes, and at most " +
                          std::to_string(size_max) + " are allowed");
        }));
    }
}

}  // namespace

engine::life::validating::look engine::life::validating::rules_of(publisher_slot& slot,
                                                                  const outgoing& event) noexcept {
    const reading in_section(slot);
    auto* entry = of_.find_topic(slot, event);
    if (entry == nullptr) {
        return {};
    }
    return {.known = true,
            .rules = entry->current.load(std::memory_order_acquire)->rules};  // [PAIR route]
}

publish_result engine::life::validating::publish_checked(publisher_slot*& slot, const request& what,
                                                         outgoing& event) noexcept {
    event.unchecked = false;
    const auto [known, rules] = rules_of(*slot, event);
    if (!known) {  // forgotten meanwhile: from the beginning
        return of_.publish_through(slot, what, event);
    }
    if (rules == nullptr) {
        auto checked = what;
        checked.checked = true;
        return of_.publish_through(slot, checked, event);
    }
    return rules->before.empty() ? publish_valid(slot, what, event, *rules)
                                 : of_.life_->interceptors().publish(slot, what, event, *rules);
}

publish_result engine::life::validating::publish_valid(publisher_slot*& slot, const request& what,
                                                       outgoing& event,
                                                       const topic_rules& rules) noexcept {
    violations against;
    {
        const away_from_slot away(*of_.slots_, slot);
        look_at(rules, event, against);
    }
    if (!against.empty()) {
        hand_over(what.options, std::move(against));
        return of_.finish(*slot, publish_status::rejected_invalid);
    }
    auto checked = what;
    checked.checked = true;
    return of_.publish_through(slot, checked, event);
}

void engine::life::validating::look_at(const topic_rules& rules, const outgoing& event,
                                       violations& against) noexcept {
    const void* object = event.object;
    if (object == nullptr && event.text == nullptr) {
        object = event.payload;
    }
    const auto one = seen(event.type, object, event.topic_name, event.text);
    violations warning;
    check(rules, one, against, warning);
    if (against.empty() && !warning.empty()) {
        warn(one, warning);
    }
}

void engine::life::validating::refuse(publisher_slot& slot, const request& what,
                                      std::size_t invalid, violations&& all) noexcept {
    for (std::size_t each = 0; each < invalid; ++each) {
        static_cast<void>(of_.finish(slot, publish_status::rejected_invalid));
    }
    hand_over(what.options, std::move(all));
}

std::shared_ptr<const topic_rules> engine::life::validating::rules_for(
    publisher_slot& slot, const event_type& type) noexcept {
    const outgoing event{.type = &type};
    if (auto now = rules_of(slot, event); now.known) {
        return now.rules;
    }
    return of_.introduce_topic(type.topic, &type) == introduced::yes ? rules_of(slot, event).rules
                                                                     : nullptr;
}

bool engine::life::validating::refuses(publisher_slot*& slot, const request& what,
                                       const void* first, std::size_t count,
                                       const topic_rules& rules) noexcept {
    violations all;
    std::size_t invalid = 0;
    {
        const away_from_slot away(*of_.slots_, slot);
        const auto* object = static_cast<const std::byte*>(first);
        for (std::size_t index = 0; index < count; ++index, object += what.type->size) {
            violations against;
            look_at(rules, {.payload = object, .type = what.type}, against);
            if (!against.empty()) {
                ++invalid;
                const auto here = all.at(index);
                all.add(against);
            }
        }
    }
    if (invalid != 0) {
        refuse(*slot, what, invalid, std::move(all));
    }
    return invalid != 0;
}

void engine::life::validating::check(const topic_rules& rules, const candidate& one,
                                     violations& against, violations& warning) noexcept {
    const auto* type = one.type();
    if (type != nullptr && type->validate != nullptr && rules.declared != validation_mode::off) {
        auto& found = rules.declared == validation_mode::enforce ? against : warning;
        guarded(found, [&] { type->validate(one.object(), found); });
    }
    for (const auto& rule : rules.all) {
        const validation_record::call inside(*rule);
        if (inside.runs()) {
            apply(*rule, one, rule->policy.mode == validation_mode::enforce ? against : warning);
        }
    }
}

void engine::life::validating::apply(validation_record& rule, const candidate& one,
                                     violations& found) noexcept {
    const auto& policy = rule.policy;
    const auto* type = one.type();
    const bool looks = policy.size_max > 0 || policy.utf8 || !policy.required.empty();
    if (looks && type == nullptr) {
        check_size(one.text().size(), policy.size_max, found);
        if (policy.utf8 && find_invalid_utf8(one.text()) != std::string_view::npos) {
            found.add({}, "utf8", "the text is not UTF-8");
        }
    } else if (looks) {
        const field_walk::rules wanted{.utf8 = policy.utf8, .required = policy.required};
        field_walk walk(found, wanted);
        if (type->walk != nullptr) {
            guarded(found, [&] { type->walk(one.object(), walk); });
        }
        check_size(type->size + walk.bytes(), policy.size_max, found);
    }
    if (rule.function) {
        guarded(found, [&] { rule.function(one, found); });
    }
}

// A validator that throws has not said that the event is valid.
template <class Call>
void engine::life::validating::guarded(violations& found, Call&& call) noexcept {
#if defined(__cpp_exceptions)
    try {
        call();
    } catch (...) {
        threw.add();
        if (!attempt([&] { found.add({}, "validator_threw", of_.log_.current_error()); })) {
            found.add({}, "validator_threw", "out of memory");
        }
    }
#else
    call();
    static_cast<void>(found);
#endif
}

void engine::life::validating::warn(const candidate& one, const violations& found) noexcept {
    warned.add();
    of_.log_.invalid(one.topic(), found);
}

bool engine::refuses(const request& what, const void* first, std::size_t count,
                     bool& checked) noexcept {
    checked = true;
    if (intake_.now() == intake::closed) {
        return false;
    }
    auto* slot = what.slot != nullptr ? what.slot : slot_pool::of_this_thread(slots_);
    const bool claimed = slot == nullptr || slot->section.entered();
    if (claimed) {
        slot = slots_->claim_shared();
    }
    const auto rules = life_->rules().rules_for(*slot, *what.type);
    // What interceptors look at is looked at when it is published.
    checked = rules == nullptr || rules->before.empty();
    const bool refused =
        rules != nullptr && checked && life_->rules().refuses(slot, what, first, count, *rules);
    if (claimed) {
        slot_pool::unclaim(slot);
    }
    return refused;
}

}  // namespace stentor::inline v0::detail
