// SPDX-License-Identifier: MIT
#include "bus/invalid_log.hpp"

#include "base/attempt.hpp"
#include "bus/json_line.hpp"

#include <tuple>
#include <utility>

namespace stentor::inline v0::detail {

namespace {

void invalid_to_stderr(const invalid_record& record) {
    std::string line = "{";
    append_json(line, "level", "warning");
    append_json(line, "event", record.suppressed == 0 ? "event_invalid" : "events_invalid");
    append_json(line, "topic", record.topic);
    if (!record.violations.empty()) {
        const auto& first = record.violations.front();
        append_json(line, "path", first.path);
        append_json(line, "code", first.code);
        append_json(line, "message", first.message);
    }
    if (record.suppressed == 0) {
        append_json(line, "violations", static_cast<std::int64_t>(record.count));
    } else {
        append_json(line, "suppressed", static_cast<std::int64_t>(record.suppressed));
    }
    line += '}';
    write_line(std::move(line));
}

}  // namespace

invalid_log::invalid_log(scheduler& shared, log_sink& sink, shared_counter& sink_failures)
    : shared_(shared), sink_(sink), sink_failures_(sink_failures) {
    if (!sink_.on_invalid) {
        sink_.on_invalid = invalid_to_stderr;
    }
}

void invalid_log::add(std::string_view topic, const violations& found) noexcept {
    bool said = false;
    if (!attempt([&] {
            said = note(topic, found.begin() != found.end() ? *found.begin() : violation{});
        })) {
        sink_failures_.add();  // no memory for the record
    }
    if (said) {
        emit({.topic = topic,
              .violations = {found.begin(), found.end()},
              .count = found.count(),
              .suppressed = 0});
    }
}

bool invalid_log::note(std::string_view topic, const violation& first) {
    const std::lock_guard lock(mutex_);
    std::string key(topic);
    key += '\n';
    key += first.code;
    key += '\n';
    key += first.path;
    auto found = storms_.find(key);
    if (found == storms_.end()) {
        if (storms_.size() >= kinds_max) {
            key.assign(1, '\n');
        }
        bool fresh = false;
        std::tie(found, fresh) = storms_.try_emplace(std::move(key));
        if (fresh) {
            found->second.minute_began_ns = shared_.now();
            found->second.topic = topic;
            found->second.first = first;
        }
    }
    auto& kind = found->second;
    if (shared_.now() - kind.minute_began_ns >= minute_ns) {
        emit_summary(kind);
        kind.minute_began_ns = shared_.now();
        kind.said = 0;
        kind.suppressed = 0;
    }
    if (kind.said >= records_per_minute) {
        ++kind.suppressed;
        return false;
    }
    ++kind.said;
    return true;
}

void invalid_log::flush(bool all) noexcept {
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

void invalid_log::emit_summary(const storm& what) noexcept {
    if (what.suppressed != 0) {
        emit({.topic = what.topic,
              .violations = {&what.first, 1},
              .count = 1,
              .suppressed = what.suppressed});
    }
}

void invalid_log::emit(const invalid_record& record) noexcept {
#if defined(__cpp_exceptions)
    try {
        sink_.on_invalid(record);
    } catch (...) {
        sink_failures_.add();
    }
#else
    sink_.on_invalid(record);
#endif
}

}  // namespace stentor::inline v0::detail
