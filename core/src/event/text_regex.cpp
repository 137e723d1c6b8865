// SPDX-License-Identifier: MIT
#include "event/text_regex.hpp"

#include "event/text_regex_parser.hpp"
#include "event/text_regex_sets.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

// From the parts of an expression to a program, and the search: all states that the text so far may
// have led to are followed at once.

namespace stentor::inline v0::detail {

class regex_compiler {
public:
    regex_compiler(const std::vector<regex_part>& parts, text_regex& into) noexcept
        : parts_(parts), steps_(into.steps_) {}

    // False: the program would be too large.
    bool emit(std::uint32_t index) {
        if (++emitted_ > text_regex::steps_limit || steps_.size() > text_regex::steps_limit) {
            return false;
        }
        const auto& part = parts_[index];
        switch (part.kind) {
            case regex_part::kinds::nothing: return true;
            case regex_part::kinds::leaf: steps_.push_back(part.leaf); return true;
            case regex_part::kinds::sequence:
                return std::all_of(part.inner.begin(), part.inner.end(),
                                   [&](std::uint32_t one) { return emit(one); });
            case regex_part::kinds::choice: return emit_choice(part);
            case regex_part::kinds::repeat: return emit_repeat(part);
            case regex_part::kinds::ahead: return emit_ahead(part);
        }
        return false;
    }
    void finish() { steps_.push_back({}); }

private:
    [[nodiscard]] std::uint32_t here() const noexcept {
        return static_cast<std::uint32_t>(steps_.size());
    }

    bool emit_choice(const regex_part& part) {
        std::vector<std::uint32_t> jumps;
        for (std::size_t at = 0; at + 1 < part.inner.size(); ++at) {
            const auto fork = here();
            steps_.push_back({regex_op::fork, fork + 1, 0});
            if (!emit(part.inner[at])) {
                return false;
            }
            jumps.push_back(here());
            steps_.push_back({regex_op::jump, 0, 0});
            steps_[fork].y = here();
        }
        const bool ok = emit(part.inner.back());
        for (const auto jump : jumps) {
            steps_[jump].x = here();
        }
        return ok;
    }

    bool emit_repeat(const regex_part& part) {
        for (std::uint32_t count = 0; count < part.min; ++count) {
            if (!emit(part.inner.front())) {
                return false;
            }
        }
        std::vector<std::uint32_t> forks;
        const bool endless = part.max == regex_part::no_end;
        for (std::uint32_t count = part.min; count < (endless ? part.min + 1 : part.max); ++count) {
            forks.push_back(here());
            steps_.push_back({regex_op::fork, here() + 1, 0});
            if (!emit(part.inner.front())) {
                return false;
            }
        }
        if (endless) {
            steps_.push_back({regex_op::jump, forks.front(), 0});
        }
        for (const auto fork : forks) {
            steps_[fork].y = here();
        }
        return true;
    }

    bool emit_ahead(const regex_part& part) {
        const auto start = here();
        steps_.push_back({part.leaf.op, start + 1, 0});
        const bool ok = emit(part.inner.front());
        finish();
        steps_[start].y = here();
        return ok;
    }

    const std::vector<regex_part>& parts_;
    std::vector<regex_step>& steps_;
    std::size_t emitted_ = 0;
};

result<text_regex, regex_error> text_regex::compile(std::string_view pattern) {
    if (pattern.size() > bytes_limit) {
        return unexpected(
            regex_error{bytes_limit, "the expression is longer than 40000 bytes; use less", true});
    }
    regex_parser parser(pattern);
    std::uint32_t whole = 0;
    if (!parser.parse(whole)) {
        return unexpected(std::move(parser.error()));
    }
    text_regex made;
    regex_compiler compiler(parser.parts(), made);
    if (!compiler.emit(whole)) {
        return unexpected(regex_error{
            0, "the expression is too large when its repetitions are written out; use less of them",
            true});
    }
    compiler.finish();
    made.sets_ = std::move(parser.sets());
    return made;
}

class regex_search {
public:
    regex_search(const text_regex& of, std::string_view text, std::int64_t& budget)
        : of_(of), text_(text), budget_(budget), seen_(of.steps_.size(), 0) {
        budget_ -= static_cast<std::int64_t>(seen_.size() / 16 + 1);
    }

    // From `at` on; `anywhere`: or from a later place.
    bool run(std::uint32_t start, std::size_t at, bool anywhere) {
        matched_ = false;
        for (;;) {
            if (anywhere || round_ == 0) {
                enter(start, at);
            }
            if (matched_ || at == text_.size() || budget_ <= 0 || (!anywhere && now_.empty())) {
                return matched_;
            }
            const char32_t code = take_code_point(text_, at);
            ++round_;
            std::swap(now_, before_);
            now_.clear();
            for (const auto step : before_) {
                if (takes(of_.steps_[step], code)) {
                    enter(step + 1, at);
                }
            }
        }
    }

private:
    bool takes(const regex_step& step, char32_t code) const noexcept {
        switch (step.op) {
            case regex_op::any:
                return code != '\n' && code != '\r' && code != 0x2028 && code != 0x2029;
            case regex_op::one: return code == step.x;
            case regex_op::set: return is_in_set(of_.sets_[step.x], code);
            default: return false;
        }
    }

    [[nodiscard]] bool is_word_at(std::size_t at) const noexcept {
        if (at >= text_.size()) {
            return false;
        }
        const char c = text_[at];
        return (c >= '0' && c <= '9') || c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    }
    [[nodiscard]] bool is_border(std::size_t at) const noexcept {
        return (at > 0 && is_word_at(at - 1)) != is_word_at(at);
    }

    [[nodiscard]] bool is_ahead(std::uint32_t start, std::size_t at) {
        return regex_search(of_, text_, budget_).run(start, at, false);
    }

    // All states that can be reached from this one without a character.
    void enter(std::uint32_t first, std::size_t at) {
        open_.push_back(first);
        while (!open_.empty()) {
            const auto index = open_.back();
            open_.pop_back();
            if (budget_ <= 0 || seen_[index] == round_ + 1) {
                continue;
            }
            --budget_;
            seen_[index] = round_ + 1;
            const auto& step = of_.steps_[index];
            switch (step.op) {
                case regex_op::fork: open_.push_back(step.y); [[fallthrough]];
                case regex_op::jump: open_.push_back(step.x); break;
                case regex_op::text_begin: follow(at == 0, index + 1); break;
                case regex_op::text_end: follow(at == text_.size(), index + 1); break;
                case regex_op::border: follow(is_border(at), index + 1); break;
                case regex_op::no_border: follow(!is_border(at), index + 1); break;
                case regex_op::ahead: follow(is_ahead(step.x, at), step.y); break;
                case regex_op::not_ahead: follow(!is_ahead(step.x, at), step.y); break;
                case regex_op::match: matched_ = true; break;
                default: now_.push_back(index); break;
            }
        }
    }
    void follow(bool holds, std::uint32_t next) {
        if (holds) {
            open_.push_back(next);
        }
    }

    const text_regex& of_;
    std::string_view text_;
    std::int64_t& budget_;
    std::vector<std::size_t> seen_;  // the round after the one in which it was reached
    std::vector<std::uint32_t> now_;
    std::vector<std::uint32_t> before_;
    std::vector<std::uint32_t> open_;
    std::size_t round_ = 0;
    bool matched_ = false;
};

bool text_regex::search(std::string_view text, std::int64_t& budget) const {
    const bool found = regex_search(*this, text, budget).run(0, 0, true);
    return found && budget > 0;
}

}  // namespace stentor::inline v0::detail
