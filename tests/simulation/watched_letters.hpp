// SPDX-License-Identifier: MIT
#pragma once

#include "simulation/shadow.hpp"
#include <stentor/resilience/memory_dead_letters.hpp>

#include <functional>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace stentor_test {

// The number of the event that a letter of the simulation has.
[[nodiscard]] std::int64_t number_in(const stentor::dead_letter& letter);

// A store that tells the model what the engine does with it.
//
// Threads: one.
class watched_letters final : public stentor::dead_letter_store {
public:
    using refused = std::function<void(shadow::sub which, std::int64_t event)>;

    using time = std::function<std::int64_t()>;

    watched_letters(shadow& model, std::uint64_t letters_max, refused not_taken, time now_ns);

    [[nodiscard]] stentor::dead_letter_result<std::uint64_t> put(
        stentor::dead_letter letter, stentor::on_duplicate same) noexcept override;
    [[nodiscard]] stentor::dead_letter_result<stentor::dead_letter> get(
        std::uint64_t number) const override {
        return inner_->get(number);
    }
    [[nodiscard]] stentor::dead_letter_result<stentor::dead_letter_list> list(
        const stentor::dead_letter_filter& filter, stentor::dead_letter_page page) const override {
        return inner_->list(filter, page);
    }
    [[nodiscard]] stentor::dead_letter_result<std::vector<stentor::dead_letter_group>> stats(
        const stentor::dead_letter_filter& filter) const override {
        return inner_->stats(filter);
    }
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
                                               std::string value) override {
        return inner_->annotate(number, std::move(key), std::move(value));
    }
    [[nodiscard]] stentor::dead_letter_room room() const noexcept override {
        return inner_->room();
    }

    [[nodiscard]] std::set<std::uint64_t> numbers() const;

private:
    shadow& model_;
    std::unique_ptr<stentor::memory_dead_letters> inner_;
    refused not_taken_;
    time now_ns_;
};

}  // namespace stentor_test
