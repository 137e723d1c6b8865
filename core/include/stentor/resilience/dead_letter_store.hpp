// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/event_id.hpp>
#include <stentor/event/pattern.hpp>
#include <stentor/export.hpp>
#include <stentor/resilience/dead_letter.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Where dead letters are kept: the contract of every store. memory_dead_letters is the one that
// comes with the core; users may write others, and hold them against tests/conformance.
namespace stentor::inline v0 {

enum class dead_letter_errc : std::uint8_t {
    full,            // no room for another letter or for its bytes; nothing was changed
    not_found,       // no letter has that number
    duplicate,       // the event's letter for that subscription is there already
    claimed,         // somebody is redriving the letter
    not_claimed,     // the claim has ended, or never was
    not_confirmed,   // a purge without its confirmation
    empty_filter,    // a purge of everything that was not confirmed as such
    invalid_filter,  // a topic that is no pattern, a time range that ends before it begins
    invalid_page,    // a page of no letters
    invalid_letter,  // a letter without subscription
    unavailable,     // the store cannot be reached now: disk or network
    no_memory,       // an allocation failed
};
[[nodiscard]] STENTOR_EXPORT std::string_view to_string(dead_letter_errc code) noexcept;

struct dead_letter_error {
    dead_letter_errc code = dead_letter_errc::unavailable;
    std::string message{};  // what was wrong, and what to do
};
template <class T>
using dead_letter_result = result<T, dead_letter_error>;

// Every part that is given must hold. None given: every letter.
struct dead_letter_filter {
    std::string subscription{};  // the whole name
    std::string topic{};         // a pattern, `order.>`
    std::optional<dead_letter_reason> reason{};
    std::optional<std::uint64_t> fingerprint{};
    std::optional<std::chrono::system_clock::time_point> from{};   // last_failed at or after it
    std::optional<std::chrono::system_clock::time_point> until{};  // last_failed before it
    std::optional<event_id> id{};
    std::string text{};  // somewhere in the key, an error or a note; case counts

    [[nodiscard]] bool empty() const noexcept {
        return subscription.empty() && topic.empty() && !reason && !fingerprint && !from &&
               !until && !id && text.empty();
    }
};

// A filter that was checked, for those who write stores. Threads: a value.
class STENTOR_EXPORT dead_letter_matcher {
public:
    // invalid_filter.
    [[nodiscard]] static dead_letter_result<dead_letter_matcher> make(dead_letter_filter filter);
    [[nodiscard]] bool matches(const dead_letter& letter) const noexcept;

private:
    dead_letter_matcher(dead_letter_filter filter, std::optional<pattern> topics) noexcept
        : filter_(std::move(filter)), topics_(std::move(topics)) {}

    dead_letter_filter filter_;
    std::optional<pattern> topics_;
};

inline constexpr std::size_t dead_letter_page_max = 1000;

struct dead_letter_page {
    std::uint64_t after = 0;  // letters with higher numbers; `next` of the page before
    std::size_t limit = 100;  // at least 1; more than 1000 count as 1000
};

struct dead_letter_list {
    std::vector<dead_letter> letters{};  // by number, which is the order of storing
    std::uint64_t next = 0;              // 0: there are no more

    [[nodiscard]] auto begin() const noexcept { return letters.begin(); }
    [[nodiscard]] auto end() const noexcept { return letters.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return letters.size(); }
    [[nodiscard]] bool empty() const noexcept { return letters.empty(); }
};

// Letters that failed alike.
struct dead_letter_group {
    std::uint64_t fingerprint = 0;
    std::uint64_t count = 0;
    std::string subscription{};
    std::string topic{};
    dead_letter_reason reason = dead_letter_reason::exhausted;
    std::chrono::system_clock::time_point first_failed{};
    std::chrono::system_clock::time_point last_failed{};
    std::uint64_t example = 0;  // the number of the one that was stored first
    std::string error{};        // the last error of that one, as it is
};

// When the event has a letter for that subscription already.
enum class on_duplicate : std::uint8_t {
    merge,   // its attempts are added to that letter, which keeps its number
    refuse,  // dead_letter_errc::duplicate
};

// A letter that one redriver has to itself.
struct dead_letter_claim {
    dead_letter letter{};
    std::uint64_t token = 0;  // never 0, never used twice by a store
};

enum class purge_confirmation : std::uint8_t {
    none,        // refused
    matching,    // what the filter says, which must not be empty
    everything,  // also with an empty filter
};

struct dead_letter_purged {
    std::uint64_t removed = 0;
    std::uint64_t kept = 0;  // matching letters that somebody had claimed
};

// Either bound reached by what is not claimed: full. The maxima are 0 when the store has no bound
// of that kind.
struct dead_letter_room {
    std::uint64_t letters = 0;
    std::uint64_t bytes = 0;
    std::uint64_t letters_max = 0;
    std::uint64_t bytes_max = 0;
    std::uint64_t claimed = 0;  // of `letters`
};

// Ownership: a store owns its letters; everything that it hands out is a copy.
// Threads: all functions by any number at once. Progress: may block; put() is called by runners, so
// it should not for long.
// Promises of every store: what put() has taken is there until finish() or purge(); nothing goes by
// age, for want of room, or because a redrive failed. A letter has at most one claim, and while it
// has one it takes no room from others, so that what fails meanwhile need not wait for the end of a
// redrive that may have to wait for it. After an error nothing has changed. No function throws but
// for want of memory, and put() not even then.
class STENTOR_EXPORT dead_letter_store {
public:
    dead_letter_store() = default;
    dead_letter_store(const dead_letter_store&) = delete;
    dead_letter_store& operator=(const dead_letter_store&) = delete;
    virtual ~dead_letter_store();

    // The number. The letter's own is not looked at; the fingerprint is made anew. Letters whose
    // event id is nil are never duplicates. full, duplicate, invalid_letter, unavailable,
    // no_memory.
    [[nodiscard]] virtual dead_letter_result<std::uint64_t> put(
        dead_letter letter, on_duplicate same = on_duplicate::merge) noexcept = 0;

    // not_found.
    [[nodiscard]] virtual dead_letter_result<dead_letter> get(std::uint64_t number) const = 0;
    // A letter that is there from the first page to the last is in exactly one of them, whatever
    // is stored or removed meanwhile. invalid_filter, invalid_page.
    [[nodiscard]] virtual dead_letter_result<dead_letter_list> list(
        const dead_letter_filter& filter, dead_letter_page page = {}) const = 0;
    // The largest group first. invalid_filter.
    [[nodiscard]] virtual dead_letter_result<std::vector<dead_letter_group>> stats(
        const dead_letter_filter& filter = {}) const = 0;

    // For a redrive. The letter stays in the store meanwhile. not_found, claimed.
    [[nodiscard]] virtual dead_letter_result<dead_letter_claim> claim(std::uint64_t number) = 0;
    // The redrive succeeded: the letter goes, unless put() has added to it since the claim; then it
    // stays as after give_back(). not_found, not_claimed.
    virtual dead_letter_result<void> finish(const dead_letter_claim& claim) = 0;
    // The redrive failed: the letter may be claimed again and has one more redrive, with the
    // attempts of this one. Takes letters over a bound, too, as release() does. not_found,
    // not_claimed.
    virtual dead_letter_result<void> give_back(const dead_letter_claim& claim,
                                               std::vector<dead_letter_attempt> failed) = 0;
    // No redrive was made: as if there had been no claim. not_found, not_claimed.
    virtual dead_letter_result<void> release(const dead_letter_claim& claim) = 0;

    // Letters that are claimed stay. not_confirmed, empty_filter, invalid_filter.
    virtual dead_letter_result<dead_letter_purged> purge(const dead_letter_filter& filter,
                                                         purge_confirmation confirmed) = 0;
    // Replaces the note of that key, or adds one. not_found, full.
    virtual dead_letter_result<void> annotate(std::uint64_t number, std::string key,
                                              std::string value) = 0;

    [[nodiscard]] virtual dead_letter_room room() const noexcept = 0;
};

// Adds the attempts of a later failure to a stored letter, for those who write stores: counts,
// times, reason, fingerprint, and the payload where the stored one is missing.
STENTOR_EXPORT void merge_failure(dead_letter& stored, const dead_letter& later);

// What purge() begins with, for those who write stores. not_confirmed, empty_filter,
// invalid_filter.
[[nodiscard]] STENTOR_EXPORT dead_letter_result<dead_letter_matcher> checked_purge(
    const dead_letter_filter& filter, purge_confirmation confirmed);

}  // namespace stentor::inline v0
