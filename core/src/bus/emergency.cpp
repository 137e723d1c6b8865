// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/life.hpp"
#include "bus/subscription_checks.hpp"
#include <stentor/bus/dead_letters.hpp>

#include <utility>

// The last places of a critical dead letter: the emergency file, then the user; and the way back.
namespace stentor::inline v0::detail {

std::optional<error> engine::life::open_emergency(const std::string& path) {
    if (path.empty()) {
        return std::nullopt;
    }
    auto opened = emergency_file::open(path);
    if (!opened) {
        return error(errc::invalid_option,
                     "bus_options::emergency_file: " + opened.error().message);
    }
    emergency_.emplace(*std::move(opened));
    return std::nullopt;
}

last_places engine::life::last_places_of(const event_type* type) const {
    return {.file = emergency_.has_value(), .codec = codec_for(type).has_value()};
}

// False: it is nowhere yet. Throws for want of memory.
bool engine::life::save(const subscription_record& of, const dead_letter& letter,
                        std::string_view refusal) {
    const std::string what =
        "event " + letter.id.to_string() + " of critical " + subject_of(of.name) +
        " failed for good, and the dead letter store " +
        "took no letter: " + (refusal.empty() ? "no memory" : std::string(refusal));
    result<void, emergency_error> written;
    {
        const std::lock_guard lock(emergency_mutex_);
        written = emergency_->append(letter);
    }
    if (written) {
        of_.log_.notice(what + "; it is in the emergency file " + emergency_->path() +
                        (letter.payload.object != nullptr
                             ? ", without its payload, which no codec could write"
                             : ""));
        return true;
    }
    if (!of_.options_.on_last_resort) {
        of_.log_.notice(what + "; " + written.error().message + "; there is no on_last_resort");
        return false;
    }
    bool taken = false;
#if defined(__cpp_exceptions)
    try {
        taken = of_.options_.on_last_resort(letter, written.error().message);
    } catch (...) {
        of_.log_.notice("on_last_resort threw");
    }
#else
    taken = of_.options_.on_last_resort(letter, written.error().message);
#endif
    of_.log_.notice(what + "; " + written.error().message + "; on_last_resort " +
                    (taken ? "took it" : "did not take it"));
    return taken;
}

result<recovered_letters, error> engine::life::recover(const std::string& path,
                                                       const redrive_options& options) {
    recovered_letters all;
    std::vector<std::uint64_t> numbers;
    std::optional<recovery_error> unread;
    result<redrive_report, error> again{redrive_report{}};
    const bool had_memory = attempt([&] {
        auto read = recover_file(path, [&](dead_letter letter) {
            const auto id = letter.id;
            auto stored = letters_->put(std::move(letter));
            if (stored) {
                numbers.push_back(*stored);
            } else {
                all.not_stored.push_back({id, stored.error().message});
            }
        });
        if (!read) {
            unread = std::move(read).error();
            return;
        }
        all.file = *std::move(read);
        again = redrive_these(numbers, options);
    });
    if (!had_memory) {
        return unexpected(error::out_of_memory());
    }
    if (unread) {
        return unexpected(error(errc::not_found, unread->message));
    }
    if (!again) {
        return unexpected(std::move(again).error());
    }
    all.redriven = *std::move(again);
    return all;
}

}  // namespace stentor::inline v0::detail
