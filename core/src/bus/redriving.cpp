// SPDX-License-Identifier: MIT
#include "bus/redriving.hpp"

#include "base/attempt.hpp"
#include "bus/letter_event.hpp"
#include "bus/outgoing.hpp"
#include "event/delivery_tracker.hpp"
#include "event/envelope.hpp"
#include <stentor/event/event_key.hpp>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <functional>
#include <new>
#include <thread>
#include <utility>

// Dead letters, tried again: each is published for one subscription, over a route of its own that
// belongs to no topic and is retired from the beginning, so that all counters have its events, too.
namespace stentor::inline v0::detail {

namespace {

constexpr std::size_t in_flight_max = 64;
constexpr std::int64_t room_wait_ns = 100'000'000;
constexpr auto step_wait = std::chrono::milliseconds(1);
constexpr double per_second_max = 1e6;
constexpr double second_ns = 1e9;

error not_again(errc code, std::string_view why) {
    return {code, "dead letters cannot be redriven: " + std::string(why)};
}

}  // namespace

// --- the redrive ---------------------------------------------------------------------------------

std::optional<error> engine::life::refuses_redrive(const redrive_options& options) const {
    if (of_.closed()) {
        return not_again(errc::closed, "the bus is closed");
    }
    if (of_.inside_handler()) {
        return not_again(errc::unsupported_combination,
                         "a handler that waited for them would wait for itself; do it on a thread "
                         "of your own");
    }
    const bool possible = options.per_second >= 0 && options.per_second <= per_second_max;
    if (!possible) {  // or no number
        return not_again(errc::invalid_option, "per_second is from 0 to 1000000");
    }
    if (options.patience.count() < 0) {
        return not_again(errc::invalid_option, "patience must not be negative");
    }
    return std::nullopt;
}

result<redrive_report, error> engine::life::redrive(const dead_letter_filter& filter,
                                                    const redrive_options& options) {
    std::optional<error> failed;
    std::vector<std::uint64_t> numbers;
    const bool had_memory = attempt([&] {
        for (dead_letter_page page{.after = 0, .limit = dead_letter_page_max};;) {
            const auto found = letters_->list(filter, page);
            if (!found) {
                failed = not_again(found.error().code == dead_letter_errc::no_memory
                                       ? errc::no_memory
                                       : errc::invalid_option,
                                   found.error().message);
                return;
            }
            for (const auto& one : *found) {
                numbers.push_back(one.number);
            }
            if (found->next == 0) {
                return;
            }
            page.after = found->next;
        }
    });
    if (!had_memory) {
        return unexpected(error::out_of_memory());
    }
    if (failed) {
        return unexpected(*std::move(failed));
    }
    return redrive_these(numbers, options);
}

result<redrive_report, error> engine::life::redrive_these(const std::vector<std::uint64_t>& numbers,
                                                          const redrive_options& options) {
    std::optional<error> refusal;
    redrive_report report;
    const bool had_memory = attempt([&] {
        refusal = refuses_redrive(options);
        if (refusal) {
            return;
        }
        report = redriving(*this, options).run(numbers);
        if (report.redriven != 0 && !options.dry_run) {
            enable_lettered();
        }
    });
    if (!had_memory) {
        return unexpected(error::out_of_memory());
    }
    if (refusal) {
        return unexpected(*std::move(refusal));
    }
    return report;
}

engine::life::redriving::redriving(life& of, const redrive_options& options)
    : life_(of), of_(of.of_), options_(options), flights_(std::make_shared<redrive_flights>()) {}

engine::life::redriving::~redriving() {
    for (const auto& one : ways_) {
        one->through->redrives.fetch_sub(1, std::memory_order_release);  // [PAIR redrive]
    }
    if (!ways_.empty()) {
        of_.shared_.request_maintenance();
    }
}

redrive_report engine::life::redriving::run(const std::vector<std::uint64_t>& numbers) {
    bool stopped = false;
    for (const auto number : numbers) {
        stopped = options_.stop.stop_requested() || (!options_.dry_run && !await_turn()) ||
                  (options_.dry_run ? look_at(number) : try_again(number)) == next::stop;
        if (stopped) {
            break;
        }
        tell(numbers.size());
    }
    const bool all_ended = await([this] { return flights_->pending() == 0; });
    auto report = flights_->report();
    add_own(report, numbers.size());
    report.stopped = stopped || !all_ended;
    return report;
}

void engine::life::redriving::add_own(redrive_report& to, std::uint64_t matched) const {
    to.matched = matched;
    to.skipped = skipped_;
    to.held = held_;
    to.redriven += possible_;
}

void engine::life::redriving::tell(std::uint64_t matched) const {
    if (options_.progress) {
        auto report = flights_->report();
        add_own(report, matched);
        options_.progress(report);
    }
}

// Not faster than asked for. False: asked to stop, or a stepped bus waits for time to pass.
bool engine::life::redriving::await_turn() {
    if (options_.per_second <= 0) {
        return true;
    }
    while (of_.shared_.now() < next_ns_) {
        if (options_.stop.stop_requested()) {
            return false;
        }
        if (!step_or_wait(flights_->ended())) {
            if (of_.shared_.virtual_time()) {
                return false;
            }
            std::this_thread::sleep_for(step_wait);  // nothing to do but to wait
        }
    }
    next_ns_ = std::max(next_ns_, of_.shared_.now()) +
               static_cast<std::int64_t>(second_ns / options_.per_second);
    return true;
}

// False: nobody can do anything until time is told to pass.
bool engine::life::redriving::step_or_wait(std::uint64_t ended_before) const {
    auto& last = *of_.executors_.back();
    if (last.manual()) {
        return last.step() || of_.sleep_until_due(of_.shared_.moment_after(step_wait));
    }
    flights_->await_change(ended_before);
    return true;
}

// Lets those under way go on until `done`. False: none has ended for too long.
template <class Done>
bool engine::life::redriving::await(Done&& done) {
    auto since = of_.shared_.now();
    for (auto seen = flights_->ended(); !done();) {
        if (!step_or_wait(seen)) {
            return false;
        }
        if (const auto ended = flights_->ended(); ended != seen) {
            seen = ended;
            since = of_.shared_.now();
        } else if (of_.shared_.now() - since > options_.patience.count()) {
            return false;
        }
    }
    return true;
}

// What try_again() would do, without doing it.
engine::life::redriving::next engine::life::redriving::look_at(std::uint64_t number) {
    auto found = life_.letters_->get(number);
    if (!found) {
        ++skipped_;
        return next::goes_on;
    }
    std::string why;
    if (!transform(*found, why)) {
        return next::goes_on;
    }
    decode(*found, why);
    if (!why.empty() || way_for(*found, why) == nullptr) {
        flights_->refuse(number, std::move(why));
    } else {
        ++possible_;
    }
    return next::goes_on;
}

// False: it is skipped. `why` is set when it threw.
bool engine::life::redriving::transform(dead_letter& letter, [[maybe_unused]] std::string& why) {
    bool wanted = true;
#if defined(__cpp_exceptions)
    try {
        wanted = !options_.transform || options_.transform(letter);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& thrown) {
        why = std::string("the transform threw: ") + thrown.what();
    } catch (...) {
        why = "the transform threw something that is no std::exception";
    }
#else
    wanted = !options_.transform || options_.transform(letter);
#endif
    skipped_ += wanted ? 0 : 1;
    return wanted;
}

engine::life::redriving::next engine::life::redriving::try_again(std::uint64_t number) {
    auto flight = std::make_shared<redrive_flight>();  // before the claim, which it gives back
    flight->of = flights_;
    flight->store = life_.letters_;
    auto claim = life_.letters_->claim(number);
    if (!claim) {
        ++skipped_;
        return next::goes_on;
    }
    flight->claim = *std::move(claim);
    auto letter = flight->claim.letter;
    std::string why;
    if (!transform(letter, why)) {
        return next::goes_on;
    }
    decode(letter, why);
    const auto* through = why.empty() ? way_for(letter, why) : nullptr;
    if (through == nullptr) {
        flights_->refuse(number, std::move(why));
        return next::goes_on;
    }
    flight->renamed = through->record->name != flight->claim.letter.subscription;
    group(*flight, *through, letter);
    const bool may = await([&] {
        return flights_->pending() < in_flight_max &&
               !(flight->grouped && flights_->busy(flight->group));
    });
    if (!may) {
        return next::stop;
    }
    if (flight->grouped && flights_->broken(flight->group)) {
        ++held_;
        return next::goes_on;
    }
    return publish(flight, *through, letter);
}

// Sets which others it must not overtake.
void engine::life::redriving::group(redrive_flight& flight, const way& through,
                                    const dead_letter& letter) {
    if (through.sequence.what() == stentor::order::kind::unordered) {
        return;
    }
    flight.group = std::hash<std::string>{}(through.record->name);
    flight.grouped = true;
    if (through.sequence.keys() == nullptr) {
        return;
    }
    // Without a key in its lane either, where it fails.
    const auto key = order_key_of(*through.sequence.keys(), *through.through, letter);
    flight.group ^= key.value_or(0);
}

engine::life::redriving::next engine::life::redriving::publish(
    const std::shared_ptr<redrive_flight>& flight, const way& through, dead_letter& letter) {
    std::vector<header> headers;
    headers.reserve(letter.headers.size());
    for (const auto& one : letter.headers) {
        headers.push_back({one.name, one.value});
    }
    violations found;
    const publish_options given{.correlation_id = letter.correlation_id,
                                .user_id = letter.user_id,
                                .source = letter.source,
                                .key = letter.key,
                                .traceparent = letter.traceparent,
                                .tracestate = letter.tracestate,
                                .headers = headers,
                                .id = letter.id,
                                .violations = &found};
    const redriven_event again{.through = through.through, .letter = &letter};
    publish_result result;
    do {
        flights_->begin(*flight);
        flight->tracker = of_.track(result);
        if (flight->tracker == nullptr) {
            flights_->cancel(*flight);
            break;
        }
        result = publish_once({.type = through.through->topic->type,
                               .options = &given,
                               .tracker = flight->tracker,
                               .wait_ns = room_wait_ns,
                               .again = &again},
                              letter);
        if (result) {
            flight->tracker->when_done(flight, redrive_flights::land);
            return next::goes_on;
        }
        flights_->cancel(*flight);
        flight->tracker->drop_reference();
    } while (result.status() == publish_status::rejected_full && !options_.stop.stop_requested() &&
             !of_.executors_.back()->manual());
    if (result.status() == publish_status::closed || options_.stop.stop_requested()) {
        return next::stop;
    }
    auto why = "the publish answered " + std::string(to_string(result.status()));
    if (!found.empty()) {
        why += ": " + found.to_string();
    }
    flights_->refuse(flight->claim.letter.number, std::move(why));
    return next::goes_on;
}

publish_result engine::life::redriving::publish_once(const publish_target::request& what,
                                                     dead_letter& letter) noexcept {
    if (what.type == nullptr) {
        outgoing event{
            .payload = no_payload, .topic_name = letter.topic, .text = &letter.payload.bytes};
        return of_.publish_now(what, event);
    }
    const auto* object = letter.payload.object->object();
    if (what.type->in_slot) {
        alignas(slot_align_max) std::byte payload[slot_payload_max] = {};
        std::memcpy(payload, object, what.type->size);
        outgoing event{.payload = payload, .type = what.type};
        return of_.publish_now(what, event);
    }
    outgoing event{.payload = no_payload,
                   .type = what.type,
                   .object = const_cast<void*>(object),
                   .copies = true};
    return of_.publish_now(what, event);
}

}  // namespace stentor::inline v0::detail
