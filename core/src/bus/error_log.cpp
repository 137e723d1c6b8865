// SPDX-License-Identifier: MIT
#include "bus/error_log.hpp"

#include "base/attempt.hpp"
#include "bus/json_line.hpp"
#include "dispatch/retry_room.hpp"
#include "registry/event_view.hpp"
#include <stentor/registry/outcome.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace stentor::inline v0::detail {

namespace {

constexpr std::int64_t minute_ns = 60'000'000'000;
constexpr std::size_t description_max = 1024;
constexpr int nesting_max = 8;
constexpr std::size_t name_most = 160;  // of a name; all that a subscription may have, and more

void error_to_stderr(const error_record& record) {
    std::string line = "{";
    append_json(line, "level", "error");
    append_json(line, "event", record.suppressed == 0 ? "delivery_failed" : "deliveries_failed");
    append_json(line, "subscription", record.subscription);
    append_json(
        line, "source",
        std::string(record.location.file_name()) + ":" + std::to_string(record.location.line()));
    append_json(line, "topic", record.topic);
    if (record.suppressed == 0) {
        append_json(line, "event_id", record.event_id.to_string());
        if (!record.correlation_id.empty()) {
            append_json(line, "correlation_id", record.correlation_id);
        }
        if (!record.key.empty()) {
            append_json(line, "key", record.key);
        }
        if (record.deliveries != 1) {
            append_json(line, "deliveries", static_cast<std::int64_t>(record.deliveries));
        }
        append_json(line, "attempt", std::int64_t{record.attempt});
        if (record.max_attempts != 1) {
            append_json(line, "max_attempts", std::int64_t{record.max_attempts});
        }
        if (record.retry_in) {
            append_json(line, "retry_in_ns", record.retry_in->count());
        }
        append_json_if(line, "timed_out", record.timed_out);
        append_json(line, "duration_ns", record.duration.count());
        append_json(line, "queue_wait_ns", record.queue_wait.count());
    } else {
        append_json(line, "suppressed", static_cast<std::int64_t>(record.suppressed));
    }
    append_json(line, "error", record.error);
    line += '}';
    write_line(std::move(line));
}

void notice_to_stderr(const notice_record& record) {
    std::string line = "{";
    append_json(line, "level", "warning");
    append_json(line, "event", "notice");
    append_json(line, "message", record.message);
    line += '}';
    write_line(std::move(line));
}

#if defined(__cpp_exceptions)

std::string_view what_of(const std::exception& error) noexcept {
    try {
        const char* text = error.what();
        return text == nullptr ? "(what() returned null)" : text;
    } catch (...) {
        return "(what() threw)";
    }
}

// `take` gets the text of the current exception, then of each that is nested in it.
template <class Take>
void describe(Take& take, int depth);

template <class Take>
void describe_nested(Take& take, const std::exception& error, int depth) {
    const auto* nested = dynamic_cast<const std::nested_exception*>(&error);
    if (nested == nullptr || nested->nested_ptr() == nullptr || depth >= nesting_max) {
        return;
    }
    try {
        nested->rethrow_nested();
    } catch (...) {
        describe(take, depth + 1);
    }
}

template <class Take>
void describe(Take& take, int depth) {
    try {
        throw;
    } catch (const std::exception& error) {
        take(what_of(error));
        describe_nested(take, error, depth);
    } catch (const std::string& text) {
        take(text);
    } catch (const char* text) {
        take(text == nullptr ? "(null)" : text);
    } catch (...) {
        take("(not a std::exception)");
    }
}

#endif

std::string_view verdict_of(const subscription_record& of, const outcome& said) noexcept {
    switch (said.what()) {
        case outcome::verdict::retry:
            return of.retries != nullptr ? "asked for a retry"
                                         : "asked for a retry, but no retry policy is configured";
        case outcome::verdict::release:
            return "released, but execution::inline_ has no queue to give an event back to";
        default: return "rejected";
    }
}

// What a handler said of an event that it did not handle.
std::string describe(const subscription_record& of, const outcome& said) {
    std::string out(verdict_of(of, said));
    if (!said.why().empty()) {
        out += ": ";
        out += said.why();
    }
    if (out.size() > description_max) {
        out.resize(description_max);
    }
    return out;
}

}  // namespace

std::string describe_current_exception() {
    std::string out;
#if defined(__cpp_exceptions)
    bool first = true;
    const auto take = [&](std::string_view text) {
        out += std::exchange(first, false) ? "" : ": ";
        out += text;
    };
    describe(take, 0);
    if (out.size() > description_max) {
        out.resize(description_max);
    }
#endif
    return out;
}

error_log::error_log(scheduler& shared, log_sink sink)
    : shared_(shared), sink_(std::move(sink)), invalids_(shared, sink_, sink_failures_) {
    if (!sink_.on_error) {
        sink_.on_error = error_to_stderr;
    }
    if (!sink_.on_notice) {
        sink_.on_notice = notice_to_stderr;
    }
}

void error_log::failed(const failure& what) noexcept {
#if defined(__cpp_exceptions)
    try {
        record_failure(what);
    } catch (...) {
        sink_failures_
            .add();  // no memory for the record, or the sink threw; the failure is counted
    }
#else
    record_failure(what);
#endif
}

void error_log::complained(const subscription_record& subscription,
                           std::string_view callback) noexcept {
    static_cast<void>(attempt([&] {
        notice("subscription \"" + subscription.name + "\": its " + std::string(callback) +
               " threw: " + current_error());
    }));
}

std::string error_log::describe(const subscription_record& of, const outcome* said) noexcept {
    auto text = describe_unmasked(of, said);
    mask(text);
    return text;
}

std::string error_log::current_error() {
    auto text = describe_current_exception();
    mask(text);
    return text;
}

std::string error_log::describe_unmasked(const subscription_record& of,
                                         const outcome* said) noexcept {
    std::string text;
    static_cast<void>(attempt([&] {
        text = said != nullptr ? detail::describe(of, *said) : describe_current_exception();
    }));
    return text;
}

std::vector<std::string> error_log::error_chain(const subscription_record& of,
                                                const outcome* said) {
    std::vector<std::string> chain;
    if (said != nullptr) {
        mask(chain.emplace_back(detail::describe(of, *said)));
        return chain;
    }
#if defined(__cpp_exceptions)
    const auto take = [&](std::string_view text) {
        mask(chain.emplace_back(text.substr(0, description_max)));
    };
    detail::describe(take, 0);
#endif
    return chain;
}

std::size_t error_log::write_errors(const subscription_record& of, const outcome* said,
                                    std::span<char> into) noexcept {
    return write_texts(of, said, std::string_view("\0", 1), into);
}

// Without allocation, because handlers may fail a million times a minute; but for a mask, which
// wants texts that it can change.
std::size_t error_log::write_texts(const subscription_record& of, const outcome* said,
                                   std::string_view between, std::span<char> into) noexcept {
    std::size_t used = 0;
    const auto put = [&](std::string_view text) {
        used += text.copy(into.data() + used, into.size() - used);
    };
    const auto take = [&](std::string_view text) {
        put(used == 0 ? std::string_view() : between);
        put(text);
    };
    if (mask_ != nullptr) {
        static_cast<void>(attempt([&] {
            for (const auto& text : error_chain(of, said)) {
                take(text);
            }
        }));
    } else if (said != nullptr) {
        put(verdict_of(of, *said));
        put(said->why().empty() ? "" : ": ");
        put(said->why());
    } else {
#if defined(__cpp_exceptions)
        static_cast<void>(attempt([&] { detail::describe(take, 0); }));
#endif
    }
    return used;
}

void error_log::record_failure(const failure& what) {
    const auto& subscription = what.subscription;
    const auto& slot = what.slot;
    std::array<char, name_most + 1 + description_max> place;
    const auto name = subscription.name.copy(place.data(), name_most);
    place[name] = '\n';
    const auto length = write_texts(subscription, what.said, ": ",
                                    std::span(place).subspan(name + 1, description_max));
    const std::string_view text(place.data() + name + 1, length);
    {
        const std::lock_guard lock(mutex_);
        std::string_view key(place.data(), name + 1 + length);
        auto found = storms_.find(key);
        if (found == storms_.end()) {
            if (storms_.size() >= kinds_max) {
                key = "\n";
            }
            found = storms_.try_emplace(std::string(key)).first;
            auto& fresh = found->second;
            fresh.minute_began_ns = shared_.now();
            fresh.subscription = subscription.name;
            fresh.error = text;
            fresh.topic = slot.origin->topic->name;
            fresh.where = subscription.where;
        }
        auto& kind = found->second;
        if (shared_.now() - kind.minute_began_ns >= minute_ns) {
            emit_summary(kind);
            kind.minute_began_ns = shared_.now();
            kind.said = 0;
            kind.suppressed = 0;
        }
        if (kind.said >= records_per_minute) {
            kind.suppressed += what.deliveries;
            return;
        }
        ++kind.said;
    }
    const auto data = metadata_of(slot);
    emit(
        {.subscription = subscription.name,
         .location = subscription.where,
         .event_id = data.id,
         .topic = slot.origin->topic->name,
         .key = data.key,
         .correlation_id = data.correlation_id,
         .attempt = what.attempt,
         .max_attempts = subscription.retries != nullptr ? subscription.retries->attempts_max() : 1,
         .retry_in = what.retry_in_ns < 0
                         ? std::nullopt
                         : std::optional(std::chrono::nanoseconds(what.retry_in_ns)),
         .timed_out = what.timed_out,
         .duration = std::chrono::nanoseconds(what.duration_ns),
         .queue_wait = std::chrono::nanoseconds(std::max<std::int64_t>(what.wait_ns, 0)),
         .error = text,
         .suppressed = 0,
         .deliveries = what.deliveries});
}

void error_log::emit_summary(const storm& what) noexcept {
    if (what.suppressed == 0) {
        return;
    }
    emit({.subscription = what.subscription,
          .location = what.where,
          .topic = what.topic,
          .error = what.error,
          .suppressed = what.suppressed});
}

bool error_log::first_this_minute(const std::string& topic) {
    const std::lock_guard lock(mutex_);
    const auto now = shared_.now();
    std::erase_if(said_, [now](const auto& one) { return now - one.second >= minute_ns; });
    return said_.size() < kinds_max && said_.try_emplace(topic, now).second;
}

void error_log::flush(bool all) noexcept {
    invalids_.flush(all);
    const std::lock_guard lock(mutex_);
    for (auto one = storms_.begin(); one != storms_.end();) {
        const bool over = shared_.now() - one->second.minute_began_ns >= minute_ns;
        if (!all && !over) {
            ++one;
            continue;
        }
        emit_summary(one->second);
        one = storms_.erase(one);
    }
}

void error_log::emit(const error_record& record) noexcept {
#if defined(__cpp_exceptions)
    try {
        sink_.on_error(record);
    } catch (...) {
        sink_failures_.add();
    }
#else
    sink_.on_error(record);
#endif
}

void error_log::notice(std::string_view message) noexcept {
#if defined(__cpp_exceptions)
    try {
        sink_.on_notice({message});
    } catch (...) {
        sink_failures_.add();
    }
#else
    sink_.on_notice({message});
#endif
}

}  // namespace stentor::inline v0::detail
