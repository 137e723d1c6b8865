// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/resilience/dead_letter_store.hpp>
#include <stentor/resilience/memory_dead_letters.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

// A dead letter store of this program's own: the one in memory, in which some subscriptions have a
// share of so many letters and no more. To them it is full when the share is used up, and nobody
// else notices.
//
// Threads: any. Progress: as that of memory_dead_letters; put() also holds a mutex where there is a
// share, and looks at as many letters.

namespace github {

class letter_shares final : public stentor::dead_letter_store {
public:
    using shares = std::map<std::string, std::size_t, std::less<>>;

    // By subscription; who is not in it has no share, but all the room there is.
    explicit letter_shares(shares of);

    void lift_share_of(std::string_view subscription);

    [[nodiscard]] stentor::dead_letter_result<std::uint64_t> put(
        stentor::dead_letter letter,
        stentor::on_duplicate same = stentor::on_duplicate::merge) noexcept override;

    // All else is what memory_dead_letters does.
    [[nodiscard]] stentor::dead_letter_result<stentor::dead_letter> get(
        std::uint64_t number) const override;
    [[nodiscard]] stentor::dead_letter_result<stentor::dead_letter_list> list(
        const stentor::dead_letter_filter& filter,
        stentor::dead_letter_page page = {}) const override;
    [[nodiscard]] stentor::dead_letter_result<std::vector<stentor::dead_letter_group>> stats(
        const stentor::dead_letter_filter& filter = {}) const override;
    [[nodiscard]] stentor::dead_letter_result<stentor::dead_letter_claim> claim(
        std::uint64_t number) override;
    stentor::dead_letter_result<void> finish(const stentor::dead_letter_claim& claim) override;
    stentor::dead_letter_result<void> give_back(
        const stentor::dead_letter_claim& claim,
        std::vector<stentor::dead_letter_attempt> failed) override;
    stentor::dead_letter_result<void> release(const stentor::dead_letter_claim& claim) override;
    stentor::dead_letter_result<stentor::dead_letter_purged> purge(
        const stentor::dead_letter_filter& filter, stentor::purge_confirmation confirmed) override;
    stentor::dead_letter_result<void> annotate(std::uint64_t number, std::string key,
                                               std::string value) override;
    [[nodiscard]] stentor::dead_letter_room room() const noexcept override;

private:
    [[nodiscard]] bool has_room_for(const stentor::dead_letter& letter) const;

    const std::unique_ptr<stentor::memory_dead_letters> letters_;
    std::mutex mutex_;  // from looking for room until the letter has it
    shares shares_;
};

}  // namespace github
