// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Regular expressions of ECMAScript over the code points of a text, as JSON Schema has them, in
// time that is bounded by the text and the expression: no input makes it try again and again, or go
// deep. What cannot be had like this is refused when it is compiled: back references. Not known
// either: look-behind, \p{...}, and groups that change flags. Not std::regex, which throws, and
// whose stack and time grow with what outsiders send.
//
// Threads: any number may search with one. Progress: at most text times program; allocates two
// lists of the program's size per search.

namespace stentor::inline v0::detail {

struct regex_range {
    char32_t first = 0;
    char32_t last = 0;
};

enum class regex_op : std::uint8_t {
    any,         // but the end of a line
    one,         // the code point `x`
    set,         // one of sets[x]
    fork,        // goes on at `x` and at `y`
    jump,        // goes on at `x`
    text_begin,  // ^
    text_end,    // $
    border,      // \b
    no_border,   // \B
    ahead,       // what begins at `x` matches from here; goes on at `y`
    not_ahead,
    match,
};

struct regex_step {
    regex_op op = regex_op::match;
    std::uint32_t x = 0;
    std::uint32_t y = 0;
};

struct regex_error {
    std::size_t offset = 0;
    std::string message{};     // what is wrong with it, and what to do
    bool unsupported = false;  // by us; it may be right
};

class text_regex {
public:
    static constexpr std::size_t steps_limit = 10'000;
    static constexpr std::size_t bytes_limit = 40'000;
    static constexpr int nesting_limit = 64;

    [[nodiscard]] static result<text_regex, regex_error> compile(std::string_view pattern);

    // Whether it matches anywhere in the text, which is UTF-8. Takes what it costs from `budget`;
    // false and nothing left: it was not enough.
    [[nodiscard]] bool search(std::string_view text, std::int64_t& budget) const;

private:
    friend class regex_compiler;
    friend class regex_search;
    std::vector<regex_step> steps_;
    std::vector<std::vector<regex_range>> sets_;  // sorted, apart from each other
};

// The code point at `at`, which is moved behind it. The text is UTF-8.
[[nodiscard]] char32_t take_code_point(std::string_view text, std::size_t& at) noexcept;

}  // namespace stentor::inline v0::detail
