// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/error.hpp>
#include <stentor/base/result.hpp>
#include <stentor/bus/letter_payload.hpp>
#include <stentor/bus/redrive.hpp>
#include <stentor/export.hpp>
#include <stentor/resilience/dead_letter_store.hpp>
#include <stentor/resilience/recovery.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace stentor::inline v0 {

namespace detail {
class engine;
}  // namespace detail

// A record of an emergency file that the store did not take.
struct letter_not_stored {
    event_id id{};
    std::string message{};
};

// What came of an emergency file.
struct recovered_letters {
    recovery_report file{};                       // what was read, and what was damaged
    std::vector<letter_not_stored> not_stored{};  // they are still in the file
    redrive_report redriven{};                    // of those that the store took
};

// The dead letters of a bus. A light handle; valid as long as its bus.
//
// Threads: every member may be called by any thread, and from handlers. Progress: as that of the
// store; purge() also resumes subscriptions, as registry::enable() does.
class STENTOR_EXPORT dead_letters {
public:
    explicit dead_letters(detail::engine& of) noexcept : engine_(&of) {}

    // By number. Throws bus_error where dead_letter_store::list() answers with an error.
    [[nodiscard]] dead_letter_list list(const dead_letter_filter& filter = {},
                                        dead_letter_page page = {}) const;
    // not_found.
    [[nodiscard]] dead_letter_result<dead_letter> get(std::uint64_t number) const;
    // The largest group first. invalid_filter.
    [[nodiscard]] dead_letter_result<std::vector<dead_letter_group>> stats(
        const dead_letter_filter& filter = {}) const;

    // Tries the letters again that the filter finds now, in the order of their numbers: each event
    // is published with its id and all that it came with, for its subscription alone, and goes
    // through that one's whole pipeline: order, gates, attempts, retries. context::redriven() says
    // so to the handler. What is handled leaves the store. What fails for good again is the same
    // letter with the new attempts added. Nothing else removes a letter. A letter has one redrive
    // at a time.
    //
    // Several are under way at once, but one of each key (`by_key`) and one of a `serial`
    // subscription: after one that does not succeed, later ones of its key stay where they are.
    // An event's expires_at is ignored; the rules of validation are not. Returns when all have
    // ended, or options.patience after the last one did. Not from handlers
    // (unsupported_combination). invalid_option, closed, no_memory.
    result<redrive_report, error> redrive(const dead_letter_filter& filter,
                                          const redrive_options& options = {});

    // Brings an emergency file back: each whole record into the store, and then, as redrive() does,
    // with its id to the subscription that it failed in. What is not handled stays in the store.
    // The file is only read: remove it when `not_stored` is empty. Reading it again stores what was
    // handled meanwhile once more. Of events of a C++ type, use_codec() first. As redrive();
    // not_found: the file cannot be read.
    result<recovered_letters, error> recover(const std::string& path,
                                             const redrive_options& options = {});

    // Deletes for good, see dead_letter_store::purge(). Subscriptions that were paused because the
    // store took no letter are enabled: what waited for room comes first.
    dead_letter_result<dead_letter_purged> purge(const dead_letter_filter& filter,
                                                 purge_confirmation confirmed);

    // From now on events of that type are written into their letters by the codec, instead of being
    // kept as they are: they survive an export, and letters with such bytes can be redriven. In
    // place of the type's codec before, if there is one.
    void use_codec(const letter_codec& one);

    // Where they are: bus_options::dead_letters, or the bus's own. Whoever makes room there by
    // other ways enables the subscriptions that wait for it.
    [[nodiscard]] dead_letter_store& store() const noexcept;

private:
    detail::engine* engine_;
};

}  // namespace stentor::inline v0
