// SPDX-License-Identifier: MIT
#include "simulation/watched_letters.hpp"
#include "simulation/world.hpp"
#include <stentor/resilience/recovery.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <utility>

#include <unistd.h>

// What becomes of deliveries that failed for good: dead letters, redrives, the last places.
namespace stentor_test {

namespace {

constexpr int redrives_nested_max = 2;
constexpr std::int64_t pace_ns = 2'000'000;
constexpr std::uint64_t letters_many = 10'000;

std::string file_name(std::uint64_t seed) {
    return (std::filesystem::temp_directory_path() /
            ("stentor-simulation-" + std::to_string(::getpid()) + "-" + std::to_string(seed)))
        .string();
}

template <class E>
void mend(stentor::dead_letter& letter, std::int32_t number) {
    const auto* kept = stentor::event_in<E>(letter);
    auto event = kept != nullptr ? *kept : stentor::from_json<E>(letter.payload.bytes).value();
    event.mended = number;
    letter.payload = stentor::payload_with(std::move(event));
}

}  // namespace

stentor::testing::test_bus_options world::options_for() {
    stentor::testing::test_bus_options options{.seed = seed_};
    options.bus.workers = 1 + static_cast<std::int32_t>(seed_ % 3);
    options.bus.spare = static_cast<std::int32_t>(seed_ / 3 % 3);
    options.bus.publishers = 2;
    options.bus.lanes = 64;
    options.bus.dead_letters = letters_ = std::make_shared<watched_letters>(
        model_, letters_max(),
        [this](shadow::sub which, std::int64_t event) { not_stored(which, event); },
        [this] { return bus_.clock().steady_ns(); });
    options.bus.log.on_error = [](const stentor::error_record&) {};
    options.bus.log.on_notice = [](const stentor::notice_record&) {};
    if (plan_.last_places) {
        saves_ = seed_ % 4 == 0;
        emergency_file_ = saves_ ? file_name(seed_) : "";
        options.bus.emergency_file = saves_ ? emergency_file_ : "/dev/full";
        options.bus.on_last_resort = [this](const stentor::dead_letter& letter, std::string_view) {
            const bool takes = !one_in(3);
            if (takes) {
                model_.letter_saved(model_.find(letter.subscription).value(), number_in(letter));
            }
            return takes;
        };
    }
    return options;
}

std::uint64_t world::letters_max() const {
    const bool many = !plan_.letters || (plan_.redrives && seed_ % 4 != 0);
    return many ? letters_many : 1 + seed_ % (plan_.redrives ? 12 : 3);
}

world::~world() {
    if (!emergency_file_.empty()) {
        std::error_code ignored;
        std::filesystem::remove(emergency_file_, ignored);
    }
}

// The engine has no other place for it than the file; that it is there is looked at at the end.
void world::not_stored(shadow::sub which, std::int64_t event) {
    const auto found =
        std::ranges::find_if(members_, [&](const auto& one) { return one->id == which; });
    if (saves_ && (*found)->critical) {
        model_.letter_saved(which, event);
    }
}

void world::look_for_letters() {
    model_.check_letters(letters_->numbers());
}

void world::look_for_saved() {
    if (!saves_) {
        return;
    }
    std::multiset<std::pair<shadow::sub, std::int64_t>> found;
    const auto read = stentor::recover_file(emergency_file_, [&](stentor::dead_letter letter) {
        const auto event = number_in(letter);
        model_.event_named(event, letter.id);
        found.emplace(model_.find(letter.subscription).value(), event);
    });
    if (!read) {
        model_.complain("the emergency file cannot be read: " + read.error().message);
    }
    model_.check_saved(found);
}

// False: none could be removed.
bool world::purge() {
    const auto done =
        bus_.dead_letters().purge({}, stentor::purge_confirmation::everything).value();
    bus_.forget_published();
    return done.removed != 0;
}

void world::fall_back(std::size_t which, std::int64_t event) {
    const auto& one = *members_[which];
    const bool throws = one_in(one.does.fallback_throws);
    model_.fallback_ends(one.id, event, throws);
    if (throws) {
        throw std::runtime_error("on purpose, the fallback, too");
    }
}

// --- redrives ------------------------------------------------------------------------------------

stentor::dead_letter_filter world::some_filter() {
    stentor::dead_letter_filter filter;
    if (one_in(2) && !members_.empty()) {
        filter.subscription = model_.name_of(members_[bus_.choose(members_.size())]->id);
    }
    if (one_in(4)) {
        filter.topic = one_in(2) ? "sim.pair.*" : "sim.other";
    }
    if (one_in(8)) {
        filter.reason = stentor::dead_letter_reason::rejected;
    }
    return filter;
}

stentor::redrive_options world::some_redrive() {
    stentor::redrive_options options;
    options.dry_run = one_in(8);
    if (one_in(4)) {
        options.per_second = 1e9 / static_cast<double>(pace_ns);
    }
    if (one_in(2)) {
        options.transform = [this, dry = options.dry_run](stentor::dead_letter& letter) {
            return transform(letter, dry);
        };
    }
    if (one_in(2)) {
        options.progress = [this](const stentor::redrive_report&) { interfere(); };
    }
    return options;
}

void world::redrive() {
    if (redriving_ >= redrives_nested_max) {
        return;
    }
    if (redriving_ == 0 && one_in(2)) {
        settle();  // or there are few letters
    }
    auto options = some_redrive();
    std::stop_source stop;
    options.stop = stop.get_token();
    auto* const outer = std::exchange(redrive_stop_, &stop);
    ++redriving_;
    model_.redrive_begins(options.per_second > 0 ? pace_ns : 0);
    const bool closed = drained_;
    const auto report = bus_.dead_letters().redrive(some_filter(), options);
    if (report.has_value() == closed) {
        model_.complain(closed ? "a redrive of a closed bus"
                               : "a redrive was refused: " + report.error().message());
    }
    model_.redrive_returns(report ? &*report : nullptr, options.dry_run);
    --redriving_;
    redrive_stop_ = outer;
    bus_.forget_published();
    check();
    look_for_letters();
}

// It would wait for itself.
void world::redrive_from_within() {
    const auto refused = bus_.dead_letters().redrive({});
    if (refused || (refused.error().code() != stentor::errc::unsupported_combination &&
                    refused.error().code() != stentor::errc::closed)) {
        model_.complain("a redrive inside a handler");
    }
}

// What is odd is taken well by the handlers.
bool world::transform(stentor::dead_letter& letter, bool dry) {
    if (one_in(4)) {
        interfere();
    }
    if (one_in(6)) {
        return false;
    }
    const auto number = ++mends_;
    letter.topic == small_event::topic   ? mend<small_event>(letter, number)
    : letter.topic == large_event::topic ? mend<large_event>(letter, number)
                                         : mend<other_event>(letter, number);
    if (one_in(8)) {
        throw std::runtime_error("on purpose, the transform");
    }
    if (!dry) {
        model_.letter_mended(letter.number, number);
    }
    return true;
}

// While a redrive is under way, on its thread.
void world::interfere() {
    check();
    const auto choice = bus_.choose(20);
    if (choice < 2) {
        pause_any();
    } else if (choice < 4) {
        resume_any();
    } else if (choice < 5) {
        end_any();
    } else if (choice < 8) {
        pass_time();
    } else if (choice < 11 && !drained_) {
        publish_outside();
    } else if (choice < 12) {
        static_cast<void>(purge());
    } else if (choice < 13) {
        subscribe();
    } else if (choice < 15) {
        step();
    } else if (choice < 16) {
        redrive();
    } else if (choice < 17 && one_in(6)) {
        drain();
    } else if (choice < 18 && redrive_stop_ != nullptr) {
        redrive_stop_->request_stop();
    }
    check();
}

}  // namespace stentor_test
