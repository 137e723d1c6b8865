// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/life.hpp"
#include "bus/subscription_checks.hpp"
#include "event/text_excerpt.hpp"

#include <algorithm>

// Hooks: on_start before a subscription's first delivery, on_stop after its last, and those around
// a pause. They are the user's code, so they run without any lock.
namespace stentor::inline v0::detail {

namespace {

// The subscriptions whose hooks the thread is inside, the innermost first.
struct hook_frame {
    const subscription_record* of;
    const hook_frame* outer;
};
constinit thread_local const hook_frame* innermost = nullptr;

}  // namespace

bool engine::life::inside_hook_of(const subscription_record& one) noexcept {
    for (const auto* frame = innermost; frame != nullptr; frame = frame->outer) {
        if (frame->of == &one) {
            return true;
        }
    }
    return false;
}

std::optional<error> engine::life::refusal_of(const subscription_record& wanted) const {
    if (wanted.system && wanted.options.when_full.blocks()) {
        return error(errc::unsupported_combination,
                     subject_of(wanted.name) +
                         ": when_full::block does not go with the engine's own "
                         "events, because the engine never waits for a handler");
    }
    if (wanted.system && wanted.options.execution == execution::inline_) {
        return error(errc::unsupported_combination,
                     subject_of(wanted.name) +
                         ": execution::inline_ does not go with the engine's own "
                         "events, because the engine runs no handler in its threads");
    }
    for (const auto& name : wanted.options.start_after) {
        if (name == wanted.name) {
            return error(errc::invalid_option,
                         subject_of(wanted.name) + ": start_after names itself");
        }
        const auto found = of_.by_name_.find(name);
        if (found == of_.by_name_.end()) {
            return error(errc::not_found, subject_of(wanted.name) + ": start_after names " +
                                              quoted_excerpt(name, 0) +
                                              ", which is not there; subscribe it first");
        }
        if (found->second->begun == 0) {
            return error(errc::not_found,
                         subject_of(wanted.name) + ": start_after names " +
                             quoted_excerpt(name, 0) +
                             ", which has not started; see its state in the registry");
        }
    }
    return circle_of(wanted);
}

void engine::life::start(const record_ptr& record) {
    {
        const std::lock_guard lock(of_.registry_);
        record->state = handler_state::starting;
        record->changing = true;
    }
    auto failed = run_hook(*record, &subscription_options::on_start, "on_start");
    bool orphaned = false;
    {
        const std::lock_guard lock(of_.registry_);
        record->changing = false;
        orphaned = record->removed || of_.closed();
        if (failed) {
            record->state = handler_state::failed;
            record->failure = "on_start: " + *failed;
        } else if (orphaned) {
            record->state = handler_state::stopped;
            record->begun = ++last_begun_;  // so that its on_stop is called
        } else if (record->listens = true; of_.reroute(*record)) {
            record->failure.clear();
            begin(*record);
        } else {
            record->listens = false;
            record->state = handler_state::failed;
            record->failure = "no memory, or all lanes are in use";
            failed = record->failure;
        }
    }
    if (failed) {
        complain(*record, "on_start", *failed);
        announce_failed(*record, "on_start", *failed);
    } else if (!orphaned) {
        announce_started(*record);
    }
    if (orphaned) {
        static_cast<void>(of_.unsubscribe(record));  // the drain may have left it to this thread
    }
}

void engine::life::stop(subscription_record& record) noexcept {
    if (record.begun == 0) {
        return;
    }
    if (const auto failed = run_hook(record, &subscription_options::on_stop, "on_stop")) {
        complain(record, "on_stop", *failed);
    }
    announce_stopped(record);
}

// What it threw, in words; nothing when it went well or there is none. Another thread may end the
// subscription: then a pause or a resume has no hook any more, or that thread waits for it.
std::optional<std::string> engine::life::run_hook(subscription_record& record,
                                                  callback<void()> subscription_options::* which,
                                                  std::string_view name) noexcept {
    callback<void()> hook;
    hook_call call{.of = &record, .hook = name, .since_ns = 0, .reported = false, .next = nullptr};
    if (!enter_hook(record, which, hook, call)) {
        return std::nullopt;
    }
    const hook_frame here{&record, innermost};
    innermost = &here;
    std::optional<std::string> failed;
#if defined(__cpp_exceptions)
    try {
        hook();
    } catch (...) {
        if (!attempt([&] { failed = describe_current_exception(); })) {
            failed.emplace();
        }
    }
#else
    hook();
#endif
    innermost = here.outer;
    hook = {};  // who waits for it may rely on it that what it captured is gone
    leave_hook(record, call);
    return failed;
}

void engine::life::complain(const subscription_record& record, std::string_view hook,
                            std::string_view why) noexcept {
    static_cast<void>(attempt([&] {
        of_.log_.notice(std::string(hook) + " of " + subject_of(record.name) + " at " +
                        record.where.file_name() + ":" + std::to_string(record.where.line()) +
                        " failed: " + std::string(why));
    }));
}

}  // namespace stentor::inline v0::detail
