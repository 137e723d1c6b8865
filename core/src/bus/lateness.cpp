// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/life.hpp"
#include "event/text_excerpt.hpp"

#include <cstdio>
#include <vector>

// What the watchdog says about calls and hooks that last too long. Each is reported once.
namespace stentor::inline v0::detail {

namespace {

std::string in_seconds(std::int64_t ns) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ns) * 1e-9);
    return text;
}

}  // namespace

void engine::life::late(const late_call& about) noexcept {
    static_cast<void>(attempt([&] {
        auto text = "subscription " + quoted_excerpt(about.name, 0) + " at " +
                    about.where.file_name() + ":" + std::to_string(about.where.line()) +
                    " is late: ";
        if (about.hook.empty()) {
            text += "its call for ";
            text += about.id == event_id{} ? "an event" : "event " + about.id.to_string();
            text += " of topic " + about.topic;
        } else {
            text += "its " + about.hook;
        }
        of_.log_.notice(text + " has lasted " + in_seconds(about.age_ns) + " and goes on");
    }));
    announce_late(about);
}

void engine::life::look(std::int64_t now_ns) noexcept {
    if (of_.shared_.late_least_ns.load(std::memory_order_relaxed) == 0) {
        return;
    }
    for (const auto& one : of_.runners_) {
        one->check_late(now_ns);
    }
    if (of_.shared_.what.late_after_ns == 0) {
        return;
    }
    if (of_.shared_.hooks_running.load(std::memory_order_relaxed) != 0) {
        look_at_hooks(now_ns);
    }
    if (of_.shared_.inlines.load(std::memory_order_relaxed)) {
        look_at_inlined(now_ns);
    }
}

// Calls by publishers: the outermost of each, which the slot's guard names. One that is found the
// same at two looks has lasted in between; so it is reported at most half its limit too late.
void engine::life::look_at_inlined(std::int64_t now_ns) noexcept {
    if (!attempt([&] { inline_seen_.resize(of_.slots_->size()); })) {
        return;
    }
    for (std::uint32_t index = 0; index < of_.slots_->size(); ++index) {
        auto& seen = inline_seen_[index];
        const auto call = inline_call_of(index);
        if (call.called == nullptr || call.count != seen.call.count ||
            call.called != seen.call.called) {
            seen = {call, now_ns, false};
        } else if (!seen.reported && now_ns - seen.since_ns >= of_.shared_.what.late_after_ns) {
            seen.reported = true;
            report_inlined(index, seen.call, now_ns - seen.since_ns);
        }
    }
}

engine::life::inline_call engine::life::inline_call_of(std::uint32_t index) const noexcept {
    const auto& slot = of_.slots_->at(index);
    const auto count = slot.calling.count();
    const bool inside = slot.calling.inside(count) && !slot.waits.load(std::memory_order_acquire);
    return {count, inside ? slot.guards[0].held() : nullptr};
}

void engine::life::report_inlined(std::uint32_t index, const inline_call& call,
                                  std::int64_t age_ns) noexcept {
    const auto& slot = of_.slots_->at(index);
    late_call about;
    bool found = false;
    const auto copy = [&](const auto& records) {
        for (const auto& one : records) {
            if (one.get() != call.called) {
                continue;
            }
            about.name = one->name;
            about.where = one->where;
            about.system = one->system;
            about.topic = one->topic_text();
            about.age_ns = age_ns;
            if (const auto ticket = slot.calling_ticket.load(std::memory_order_relaxed);
                ticket != 0) {
                const auto stamp = slot.calling_stamp.load(std::memory_order_relaxed);
                about.id = make_id(
                    {ticket, of_.shared_.start_unix_ns() + (stamp & ~stamp_flags), of_.id_key_});
            }
            // Else it has ended meanwhile, and the event was another one.
            found = inline_call_of(index) == call;
            if (found) {
                one->late.add();
            }
            return;
        }
    };
    const bool copied = attempt([&] {
        const std::lock_guard lock(of_.registry_);
        copy(of_.active_);
        if (!found) {
            copy(of_.closed_);
        }
    });
    if (copied && found) {
        late(about);
    }
}

void engine::life::look_at_hooks(std::int64_t now_ns) noexcept {
    const auto limit = of_.shared_.what.late_after_ns;
    std::vector<late_call> found;
    {
        const std::lock_guard lock(of_.registry_);
        for (auto* one = hook_calls_; one != nullptr; one = one->next) {
            if (one->reported || now_ns - one->since_ns < limit) {
                continue;
            }
            one->reported = attempt([&] {
                late_call about;
                about.name = one->of->name;
                about.where = one->of->where;
                about.system = one->of->system;
                about.hook = one->hook;
                about.age_ns = now_ns - one->since_ns;
                found.push_back(std::move(about));
                one->of->late.add();
            });
        }
    }
    for (const auto& one : found) {
        late(one);
    }
}

// False: there is none. A copy, because who destroys the handler forgets its hooks.
bool engine::life::enter_hook(subscription_record& record,
                              callback<void()> subscription_options::* which,
                              callback<void()>& hook, hook_call& call) noexcept {
    {
        const std::lock_guard lock(of_.registry_);
        const bool changes =
            which == &subscription_options::on_pause || which == &subscription_options::on_resume;
        const bool over = record.removed || record.handler_gone.load(std::memory_order_acquire);
        if (changes && over) {
            return false;
        }
        hook = record.options.*which;
        if (!hook) {
            return false;
        }
        ++record.hooks_running;
        call.since_ns = of_.shared_.now();
        call.next = hook_calls_;
        hook_calls_ = &call;
    }
    of_.shared_.hooks_running.fetch_add(1, std::memory_order_seq_cst);  // [PAIR watch]
    of_.shared_.wake_watch();
    return true;
}

void engine::life::leave_hook(subscription_record& record, hook_call& call) noexcept {
    if (of_.shared_.stepped && of_.shared_.what.late_after_ns != 0) {
        look_at_hooks(of_.shared_.now());  // nobody else looked while it ran
    }
    of_.shared_.hooks_running.fetch_sub(1, std::memory_order_relaxed);
    const std::lock_guard lock(of_.registry_);
    --record.hooks_running;
    for (auto** link = &hook_calls_; *link != nullptr; link = &(*link)->next) {
        if (*link == &call) {
            *link = call.next;
            return;
        }
    }
}

}  // namespace stentor::inline v0::detail
