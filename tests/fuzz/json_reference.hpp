// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

// JSON a second time, written from RFC 8259 and the Unicode Standard and not from the code: decoded
// to characters first, then taken apart by one function per rule; slow and obvious. Tests compare
// the two.

namespace reference {

// The characters of a UTF-8 text; none when it is not one.
inline std::optional<std::u32string> decode_utf8(std::string_view text) {
    std::u32string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto first = static_cast<unsigned char>(text[at++]);
        std::size_t more = 0;
        while (more < 4 && (first & (0x80U >> more)) != 0) {
            ++more;
        }
        if (more == 0) {
            out += static_cast<char32_t>(first);
            continue;
        }
        if (more == 1 || more > 4 || (more == 4 && (first & 0x08U) != 0)) {
            return std::nullopt;
        }
        char32_t code = first & (0x7FU >> more);
        for (std::size_t left = more - 1; left > 0; --left) {
            if (at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U) {
                return std::nullopt;
            }
            code = code * 64 + (static_cast<unsigned char>(text[at++]) & 0x3FU);
        }
        constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (code < least[more] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) {
            return std::nullopt;
        }
        out += code;
    }
    return out;
}

// What a text is by the RFC, and what a careful reader wants to know beyond it.
class json_verdict {
public:
    explicit json_verdict(std::string_view text) {
        const auto characters = decode_utf8(text);
        if (characters) {
            text_ = *characters;
            skip_space();
            is_object_ = peek() == U'{';
            well_formed_ = value(1) && (skip_space(), at_ == text_.size());
        }
    }

    [[nodiscard]] bool well_formed() const { return well_formed_; }
    [[nodiscard]] bool is_object() const { return is_object_; }
    // An object that names something twice; an escape that is half of a surrogate pair.
    [[nodiscard]] bool repeats_a_name() const { return repeats_; }
    [[nodiscard]] bool has_half_pair() const { return half_pair_; }
    [[nodiscard]] std::size_t depth() const { return depth_; }

private:
    [[nodiscard]] char32_t peek() const { return at_ < text_.size() ? text_[at_] : U'\0'; }
    bool take(char32_t c) {
        const bool is_there = at_ < text_.size() && text_[at_] == c;
        at_ += is_there ? 1 : 0;
        return is_there;
    }
    bool take_word(std::u32string_view word) {
        const bool is_there = std::u32string_view(text_).substr(at_, word.size()) == word;
        at_ += is_there ? word.size() : 0;
        return is_there;
    }
    void skip_space() {
        while (take(U' ') || take(U'\t') || take(U'\n') || take(U'\r')) {
        }
    }

    bool value(std::size_t depth) {
        switch (peek()) {
            case U'{': return object(depth);
            case U'[': return list(depth);
            case U'"': {
                std::u32string text;
                return string(text);
            }
            case U't': return take_word(U"true");
            case U'f': return take_word(U"false");
            case U'n': return take_word(U"null");
            default: return number();
        }
    }

    bool object(std::size_t depth) {
        depth_ = depth > depth_ ? depth : depth_;
        std::set<std::u32string> names;
        take(U'{');
        skip_space();
        if (take(U'}')) {
            return true;
        }
        do {
            std::u32string name;
            skip_space();
            if (!string(name)) {
                return false;
            }
            repeats_ = !names.insert(name).second || repeats_;
            skip_space();
            if (!take(U':')) {
                return false;
            }
            skip_space();
            if (!value(depth + 1)) {
                return false;
            }
            skip_space();
        } while (take(U','));
        return take(U'}');
    }

    bool list(std::size_t depth) {
        depth_ = depth > depth_ ? depth : depth_;
        take(U'[');
        skip_space();
        if (take(U']')) {
            return true;
        }
        do {
            skip_space();
            if (!value(depth + 1)) {
                return false;
            }
            skip_space();
        } while (take(U','));
        return take(U']');
    }

    bool string(std::u32string& out) {
        if (!take(U'"')) {
            return false;
        }
        while (at_ < text_.size() && text_[at_] != U'"') {
            const char32_t c = text_[at_++];
            if (c < 0x20) {
                return false;
            }
            if (c != U'\\') {
                out += c;
            } else if (!escape(out)) {
                return false;
            }
        }
        join_pairs(out);
        return take(U'"');
    }

    bool escape(std::u32string& out) {
        constexpr std::u32string_view shorts = U"\"\"\\\\//b\bf\fn\nr\rt\t";
        for (std::size_t at = 0; at < shorts.size(); at += 2) {
            if (take(shorts[at])) {
                out += shorts[at + 1];
                return true;
            }
        }
        if (!take(U'u')) {
            return false;
        }
        char32_t code = 0;
        for (int digit = 0; digit < 4; ++digit) {
            const std::size_t value = std::u32string_view(U"0123456789abcdefABCDEF").find(peek());
            if (at_ == text_.size() || value == std::u32string_view::npos) {
                return false;
            }
            code = code * 16 + static_cast<char32_t>(value < 16 ? value : value - 6);
            ++at_;
        }
        out += code;
        return true;
    }

    // Only escapes can have made surrogates: the text itself is UTF-8.
    void join_pairs(std::u32string& text) {
        std::u32string out;
        for (std::size_t at = 0; at < text.size(); ++at) {
            const char32_t c = text[at];
            const char32_t next = at + 1 < text.size() ? text[at + 1] : U'\0';
            if (c >= 0xD800 && c <= 0xDBFF && next >= 0xDC00 && next <= 0xDFFF) {
                out += 0x10000 + (c - 0xD800) * 0x400 + (next - 0xDC00);
                ++at;
            } else {
                half_pair_ = half_pair_ || (c >= 0xD800 && c <= 0xDFFF);
                out += c;
            }
        }
        text = out;
    }

    bool digits() {
        const std::size_t first = at_;
        while (peek() >= U'0' && peek() <= U'9') {
            ++at_;
        }
        return at_ > first;
    }

    bool number() {
        take(U'-');
        if (!take(U'0') && !digits()) {
            return false;
        }
        if (take(U'.') && !digits()) {
            return false;
        }
        if (take(U'e') || take(U'E')) {
            if (!take(U'+')) {
                take(U'-');
            }
            return digits();
        }
        return true;
    }

    std::u32string text_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    bool well_formed_ = false;
    bool is_object_ = false;
    bool repeats_ = false;
    bool half_pair_ = false;
};

}  // namespace reference
