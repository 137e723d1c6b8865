// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "dispatch/detached_delivery.hpp"
#include "dispatch/letter_desk.hpp"
#include "dispatch/retry_room.hpp"
#include "dispatch/runner.hpp"
#include "dispatch/scheduler.hpp"
#include "dispatch/turns.hpp"
#include "registry/subscription_record.hpp"
#include "resilience/held_keys.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What becomes of a delivery that nobody attempts again: its fallback, its letter with all that it
// has behind it, or its place among those that the store owes an answer.
namespace stentor::inline v0::detail {

namespace {

std::vector<std::string> texts_of(std::string_view chain) {
    std::vector<std::string> all;
    for (auto at = chain.find('\0'); at != chain.npos; at = chain.find('\0')) {
        all.emplace_back(chain.substr(0, at));
        chain.remove_prefix(at + 1);
    }
    all.emplace_back(chain);
    return all;
}

}  // namespace

// What the attempt was like, for the letter that the delivery may have one day.
void retry_room::record(const failure& about, std::uint32_t before, retry_wait& into) noexcept {
    if (history_ == nullptr) {
        return;
    }
    std::array<char, attempt_history::text_max> text;
    const auto length = shared_.observer->write_errors(of_, about.said, text);
    into.record_at(history_->add(about.slot.ticket, before,
                                 {.number = about.attempt,
                                  .began_ns = shared_.now() - about.duration_ns,
                                  .duration_ns = about.duration_ns,
                                  .errors = {text.data(), length}}));
}

// The letter has the last attempt; now also those before it.
void retry_room::add_history(dead_letter& letter, const slot_header& slot,
                             std::uint32_t latest) noexcept {
    if (history_ == nullptr || latest == 0 || letter.attempts.size() > 1) {
        return;
    }
    static_cast<void>(attempt([&] {
        std::vector<dead_letter_attempt> all = letter.attempts;  // the latest first
        history_->visit(slot.ticket, latest, [&](const attempt_history::attempt& one) {
            all.push_back({.number = one.number,
                           .at = shared_.wall_time(one.began_ns),
                           .duration = std::chrono::nanoseconds(one.duration_ns),
                           .errors = texts_of(one.errors)});
        });
        dead_letter whole;
        while (!all.empty()) {
            add_attempt(whole, std::move(all.back()));
            all.pop_back();
        }
        letter.attempts = std::move(whole.attempts);
        letter.first_failed = whole.first_failed;
    }));
}

// Inside the run of the handler that failed, so that the watch sees it, too. False: it threw.
bool retry_room::fall_back(const failure& about, std::string& thrown) noexcept {
    stentor::failure what;
    what.attempt = about.attempt;
    what.duration = std::chrono::nanoseconds(about.duration_ns);
    what.timed_out = about.timed_out;
    const auto text = shared_.observer->describe_unmasked(of_, about.said);
    what.what = text;
    const auto* slot = reinterpret_cast<const std::byte*>(&about.slot);
#if defined(__cpp_exceptions)
    if (about.said == nullptr) {
        what.exception = std::current_exception();
    }
    try {
        of_.options.fallback.function()->call(slot, what);
    } catch (...) {
        shared_.observer->complained(of_, "fallback");
        thrown = shared_.observer->describe(of_, nullptr);
        return false;
    }
#else
    static_cast<void>(thrown);
    of_.options.fallback.function()->call(slot, what);
#endif
    return true;
}

follow_up retry_room::give_up(const failure& about, const attempts_so_far& past,
                              dead_letter_reason why, retry_wait*& made) noexcept {
    std::string thrown;
    if (of_.options.fallback && fall_back(about, thrown)) {
        of_.fell_back.add();
        shared_.observer->failed(about);
        return follow_up::fell_back;
    }
    auto letter = of_.letters ? shared_.letters->write(about, why) : nullptr;
    if (letter == nullptr) {
        return follow_up::fails;
    }
    add_history(*letter, about.slot, past.recorded);
    if (!thrown.empty()) {
        static_cast<void>(attempt(
            [&] { letter->attempts.back().errors.push_back("and its fallback: " + thrown); }));
    }
    const auto next = put_away(std::move(letter), about.slot, past, about.key, false, made);
    if (next != follow_up::fails) {
        shared_.observer->failed(about);
    }
    return next;
}

follow_up retry_room::lay_away(const slot_header& slot, dead_letter_reason why,
                               const attempts_so_far& past, const std::uint64_t* key, bool last,
                               retry_wait*& made) noexcept {
    auto letter = shared_.letters->write_unattempted(of_, slot, why, past.progress.attempts);
    if (letter == nullptr) {
        return follow_up::fails;
    }
    add_history(*letter, slot, past.recorded);
    return put_away(std::move(letter), slot, past, key, last, made);
}

// Its place is made before the store is asked, because the answer may be to wait.
follow_up retry_room::put_away(std::unique_ptr<dead_letter> letter, const slot_header& slot,
                               const attempts_so_far& past, const std::uint64_t* key, bool last,
                               retry_wait*& made) noexcept {
    if (of_.held != nullptr && key != nullptr && !of_.held->expect(*key)) {
        return follow_up::fails;
    }
    auto* place = made != nullptr ? made : retry_wait::make(slot);
    const auto where = store(*letter, key, last || place == nullptr);
    if (where != letter_place::waits) {
        if (place != nullptr && made == nullptr) {
            retry_wait::dispose(place);
        }
        return where == letter_place::stored ? follow_up::dead_lettered : follow_up::fails;
    }
    made = place;
    made->keep(past.progress, 0);
    made->aim(when_owed());
    made->owe(std::move(letter));
    return follow_up::waits;
}

letter_place retry_room::store(const dead_letter& letter, const std::uint64_t* key,
                               bool last) noexcept {
    std::uint64_t number = 0;
    const auto where = shared_.letters->keep(of_, letter, last, number);
    if (of_.held != nullptr && key != nullptr && where != letter_place::waits) {
        of_.held->add(*key, number);
    }
    return where;
}

void cancel_retry(scheduler& shared, retry_wait& one, subscription_record& to,
                  runner* by) noexcept {
    const auto* owed = one.owed();
    const bool kept =
        owed != nullptr &&
        to.retries->store(*owed, one.keyed != 0 ? &one.key : nullptr, true) == letter_place::stored;
    if (kept && runner::awaited(one.header())) {
        tell_ended(shared, one.header(), to, delivery_status::dead_lettered,
                   std::string(last_error(*owed)));
    }
    settle_apart({.shared = shared,
                  .slot = one.header(),
                  .from = *one.from,
                  .to = to,
                  .key = one.keyed != 0 ? &one.key : nullptr,
                  .carried = one.carried != 0,
                  .flies = false,
                  .attempts = one.attempts_made()},
                 kept ? detached_end::dead_lettered : detached_end::cancelled, by);
    retry_wait::dispose(&one);
}

}  // namespace stentor::inline v0::detail
