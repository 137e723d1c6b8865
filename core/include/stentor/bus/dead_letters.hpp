// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>
#include <stentor/resilience/dead_letter_store.hpp>

#include <cstdint>
#include <vector>

namespace stentor::inline v0 {

namespace detail {
class engine;
}  // namespace detail

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

    // Deletes for good, see dead_letter_store::purge(). Subscriptions that were paused because the
    // store took no letter are enabled: what waited for room comes first.
    dead_letter_result<dead_letter_purged> purge(const dead_letter_filter& filter,
                                                 purge_confirmation confirmed);

    // Where they are: bus_options::dead_letters, or the bus's own. Whoever makes room there by
    // other ways enables the subscriptions that wait for it.
    [[nodiscard]] dead_letter_store& store() const noexcept;

private:
    detail::engine* engine_;
};

}  // namespace stentor::inline v0
