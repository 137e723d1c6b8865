// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/error.hpp>
#include <stentor/resilience/dead_letter_store.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// Dead letters in memory: gone with the process, so export them before it ends. Bounded, and never
// drops: when it is full put() says so, and the source has to keep what it has.
//
// Ownership: owns its letters. Threads: all functions by any number at once.
// Progress: under one lock; put, get, claim and what ends a claim in logarithmic time, list, stats
// and purge in that of the number of letters.
namespace stentor::inline v0 {

struct memory_dead_letters_options {
    std::uint64_t letters_max = 10'000;          // at least 1
    std::uint64_t bytes_max = 64 * 1024 * 1024;  // of memory_of(); at least 1024
};

class STENTOR_EXPORT memory_dead_letters final : public dead_letter_store {
public:
    // errc::invalid_option or errc::no_memory.
    [[nodiscard]] static result<std::unique_ptr<memory_dead_letters>, error> make(
        const memory_dead_letters_options& options = {}) noexcept;
    ~memory_dead_letters() override;

    [[nodiscard]] dead_letter_result<std::uint64_t> put(
        dead_letter letter, on_duplicate same = on_duplicate::merge) noexcept override;
    [[nodiscard]] dead_letter_result<dead_letter> get(std::uint64_t number) const override;
    [[nodiscard]] dead_letter_result<dead_letter_list> list(
        const dead_letter_filter& filter, dead_letter_page page = {}) const override;
    [[nodiscard]] dead_letter_result<std::vector<dead_letter_group>> stats(
        const dead_letter_filter& filter = {}) const override;
    [[nodiscard]] dead_letter_result<dead_letter_claim> claim(std::uint64_t number) override;
    dead_letter_result<void> finish(const dead_letter_claim& claim) override;
    dead_letter_result<void> give_back(const dead_letter_claim& claim,
                                       std::vector<dead_letter_attempt> failed) override;
    dead_letter_result<void> release(const dead_letter_claim& claim) override;
    dead_letter_result<dead_letter_purged> purge(const dead_letter_filter& filter,
                                                 purge_confirmation confirmed) override;
    dead_letter_result<void> annotate(std::uint64_t number, std::string key,
                                      std::string value) override;
    [[nodiscard]] dead_letter_room room() const noexcept override;

private:
    struct impl;
    explicit memory_dead_letters(std::unique_ptr<impl> parts) noexcept;

    std::unique_ptr<impl> impl_;
};

}  // namespace stentor::inline v0
