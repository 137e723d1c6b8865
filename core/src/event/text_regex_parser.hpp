// SPDX-License-Identifier: MIT
#pragma once

#include "event/text_regex.hpp"
#include "event/text_regex_sets.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

// What an expression is made of, for text_regex.hpp.
//
// Threads: one. Progress: recursion no deeper than text_regex::nesting_limit groups.

namespace stentor::inline v0::detail {

struct regex_part {
    enum class kinds : std::uint8_t { nothing, leaf, sequence, choice, repeat, ahead };
    static constexpr std::uint32_t no_end = static_cast<std::uint32_t>(-1);

    kinds kind = kinds::nothing;
    regex_step leaf{};  // of ahead: ahead or not_ahead
    std::uint32_t min = 0;
    std::uint32_t max = 0;
    std::vector<std::uint32_t> inner{};
};

class regex_parser {
public:
    explicit regex_parser(std::string_view pattern) noexcept : pattern_(pattern) {}

    // False: error().
    [[nodiscard]] bool parse(std::uint32_t& whole);
    [[nodiscard]] const std::vector<regex_part>& parts() const noexcept { return parts_; }
    [[nodiscard]] std::vector<regex_set>& sets() noexcept { return sets_; }
    [[nodiscard]] regex_error& error() noexcept { return error_; }

private:
    bool fail(std::size_t at, std::string_view message, bool unsupported = false);
    [[nodiscard]] bool at_end() const noexcept { return at_ == pattern_.size(); }
    [[nodiscard]] bool is_next(char c) const noexcept { return !at_end() && pattern_[at_] == c; }
    bool take(std::string_view word) noexcept;
    std::uint32_t add(regex_part part);
    std::uint32_t add_leaf(regex_op op, std::uint32_t x = 0);
    std::uint32_t add_set(regex_set set);

    bool parse_choice(std::uint32_t& part);
    bool parse_sequence(std::uint32_t& part);
    bool parse_term(std::uint32_t& part);
    bool parse_atom(std::uint32_t& part, bool& repeatable);
    bool parse_group(std::uint32_t& part, bool& repeatable);
    bool parse_group_head(regex_part& ahead);
    bool parse_escape(std::uint32_t& part, bool& repeatable);
    bool parse_repeat(std::uint32_t& part);
    bool parse_braces(std::uint32_t& min, std::uint32_t& max, bool& found);
    bool parse_count(std::uint32_t& count);
    bool parse_class(std::uint32_t& part);
    bool parse_class_atom(regex_set& into, char32_t& code, bool& single);
    bool parse_character(char32_t& code);
    bool parse_hex(std::size_t digits, char32_t& code);
    bool parse_unicode(char32_t& code);

    std::string_view pattern_;
    std::size_t at_ = 0;
    int nesting_ = 0;
    std::vector<regex_part> parts_;
    std::vector<regex_set> sets_;
    regex_error error_;
};

}  // namespace stentor::inline v0::detail
