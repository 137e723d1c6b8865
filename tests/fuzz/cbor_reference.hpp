// SPDX-License-Identifier: MIT
#pragma once

#include "fuzz/json_reference.hpp"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// CBOR a second time, written from RFC 8949 (its appendices C and D) and not from the code: a tree
// first, then one function per question; slow and obvious. Tests compare the two.

namespace reference {

// A data item. Texts and byte strings are whole, whatever parts they came in.
struct cbor_item {
    unsigned major = 0;
    unsigned info = 0;
    std::uint64_t value = 0;
    std::string text;
    std::vector<std::string> parts;   // of a text or byte string without a length
    std::vector<cbor_item> contents;  // of lists; of objects: names and values by turns; of tags
    std::string_view bytes;           // as it stands
};

class cbor_parser {
public:
    explicit cbor_parser(std::string_view bytes) : left_(bytes) {}

    // The item that all the bytes are, if they are one.
    std::optional<cbor_item> whole() {
        auto found = item(false);
        return found && left_.empty() ? found : std::nullopt;
    }

private:
    bool argument(cbor_item& out) {
        if (left_.empty()) {
            return false;
        }
        const auto first = static_cast<unsigned char>(left_[0]);
        left_.remove_prefix(1);
        out.major = first / 32;
        out.info = first % 32;
        out.value = out.info;
        if (out.info < 24 || out.info > 27) {
            return out.info < 24 || out.info == 31;
        }
        out.value = 0;
        for (unsigned count = 1U << (out.info - 24); count > 0; --count) {
            if (left_.empty()) {
                return false;
            }
            out.value = out.value * 256 + static_cast<unsigned char>(left_[0]);
            left_.remove_prefix(1);
        }
        return true;
    }

    static bool is_break(const cbor_item& one) { return one.major == 7 && one.info == 31; }

    // An item; where one may stand, also the break.
    std::optional<cbor_item> item(bool may_break) {
        const std::string_view start = left_;
        cbor_item out;
        if (!argument(out)) {
            return std::nullopt;
        }
        const bool endless = out.info == 31;
        bool ok = false;
        switch (out.major) {
            case 0:
            case 1: ok = !endless; break;
            case 2:
            case 3: ok = endless ? all_parts(out) : bytes_of(out.value, out.text); break;
            case 4: ok = contents(out, out.value, endless); break;
            case 5: ok = pairs(out, endless); break;
            case 6: ok = !endless && contents(out, 1, false); break;
            default: ok = endless ? may_break : out.info != 24 || out.value >= 32;
        }
        if (!ok) {
            return std::nullopt;
        }
        out.bytes = start.substr(0, start.size() - left_.size());
        return out;
    }

    bool bytes_of(std::uint64_t size, std::string& out) {
        if (size > left_.size()) {
            return false;
        }
        out = left_.substr(0, size);
        left_.remove_prefix(size);
        return true;
    }

    bool all_parts(cbor_item& out) {
        for (;;) {
            cbor_item part;
            if (!argument(part)) {
                return false;
            }
            if (is_break(part)) {
                return true;
            }
            if (part.major != out.major || part.info == 31 || !bytes_of(part.value, part.text)) {
                return false;
            }
            out.text += part.text;
            out.parts.push_back(part.text);
        }
    }

    bool contents(cbor_item& out, std::uint64_t count, bool endless) {
        for (std::uint64_t at = 0; endless || at < count; ++at) {
            auto one = item(endless);
            if (!one) {
                return false;
            }
            if (is_break(*one)) {
                return true;
            }
            out.contents.push_back(std::move(*one));
        }
        return true;
    }

    bool pairs(cbor_item& out, bool endless) {
        for (std::uint64_t at = 0; endless || at < out.value; ++at) {
            auto name = item(endless);
            if (!name) {
                return false;
            }
            if (is_break(*name)) {
                return true;
            }
            auto value = item(false);
            if (!value) {
                return false;
            }
            out.contents.push_back(std::move(*name));
            out.contents.push_back(std::move(*value));
        }
        return true;
    }

    std::string_view left_;
};

inline const cbor_item& without_tags(const cbor_item& item) {
    return item.major == 6 ? without_tags(item.contents[0]) : item;
}

// What bytes are by the RFC, and what a careful reader wants to know beyond it.
class cbor_verdict {
public:
    explicit cbor_verdict(std::string_view bytes) : item_(cbor_parser(bytes).whole()) {
        if (item_) {
            look(*item_, 0);
        }
    }

    [[nodiscard]] bool well_formed() const { return item_.has_value(); }
    [[nodiscard]] bool is_object() const { return item_ && without_tags(*item_).major == 5; }
    [[nodiscard]] bool repeats_a_name() const { return repeats_; }
    [[nodiscard]] bool has_other_than_utf8() const { return other_than_utf8_; }
    [[nodiscard]] std::size_t depth() const { return depth_; }
    [[nodiscard]] const cbor_item& item() const { return *item_; }

private:
    void look(const cbor_item& item, std::size_t depth) {
        const bool holds = item.major == 4 || item.major == 5;
        const std::size_t inside = depth + (holds ? 1 : 0);
        depth_ = inside > depth_ ? inside : depth_;
        if (item.major == 3) {
            // Each part for itself, as the RFC wants it.
            const auto parts = item.info == 31 ? item.parts : std::vector{item.text};
            for (const std::string& part : parts) {
                other_than_utf8_ = other_than_utf8_ || !decode_utf8(part);
            }
        }
        if (item.major == 5) {
            std::set<std::string> names;
            for (std::size_t at = 0; at < item.contents.size(); at += 2) {
                repeats_ = !names.insert(meaning(item.contents[at])).second || repeats_;
            }
        }
        for (const cbor_item& one : item.contents) {
            look(one, inside);
        }
    }

    // Of a name: two of them are the same when these are.
    static std::string meaning(const cbor_item& tagged) {
        const cbor_item& name = without_tags(tagged);
        const std::string kind = std::to_string(name.major) + " ";
        if (name.major < 2) {
            return kind + std::to_string(name.value);
        }
        return kind + (name.major < 4 ? name.text : std::string(tagged.bytes));
    }

    std::optional<cbor_item> item_;
    std::size_t depth_ = 0;
    bool repeats_ = false;
    bool other_than_utf8_ = false;
};

// The same item in other bytes.
struct cbor_spelling {
    unsigned info_min = 0;  // 24 to 27: every length and integer in at least so many bytes
    bool endless = false;   // no length is known
    std::size_t part = 0;   // texts in parts of so many characters
    bool tagged = false;    // everything has a tag that nobody knows
    bool widened = false;   // floats of 64 bits
    bool reversed = false;  // objects backwards
};

class cbor_respeller {
public:
    explicit cbor_respeller(const cbor_spelling& spelling) : spelling_(spelling) {}

    std::string spell(const cbor_item& item) {
        std::string out = spelling_.tagged ? "\xd9\xd9\xf7" : "";
        switch (item.major) {
            case 0:
            case 1: return out + head(item.major, item.value);
            case 2:
            case 3: return out + string(item);
            case 4: return out + container(item, item.contents.size());
            case 5: return out + container(item, item.contents.size() / 2);
            case 6: return out + head(6, item.value) + spell(item.contents[0]);
            default: return out + simple(item);
        }
    }

private:
    static std::string in_bytes(std::uint64_t value, unsigned size) {
        std::string out;
        for (unsigned left = size; left > 0; --left) {
            out += static_cast<char>((value >> (8 * (left - 1))) & 0xFF);
        }
        return out;
    }

    std::string head(unsigned major, std::uint64_t value) const {
        const unsigned needed = value < 24              ? 0
                                : value < 0x100         ? 24
                                : value < 0x10000       ? 25
                                : value < 0x1'0000'0000 ? 26
                                                        : 27;
        const unsigned info = needed > spelling_.info_min ? needed : spelling_.info_min;
        const char first =
            static_cast<char>(major * 32 + (info < 24 ? static_cast<unsigned>(value) : info));
        return first + (info < 24 ? std::string() : in_bytes(value, 1U << (info - 24)));
    }

    std::string string(const cbor_item& item) const {
        if (spelling_.part == 0) {
            return head(item.major, item.text.size()) + item.text;
        }
        std::string out(1, static_cast<char>(item.major * 32 + 31));
        for (std::size_t at = 0; at < item.text.size();) {
            std::size_t stop = at;
            for (std::size_t left = spelling_.part; left > 0 && stop < item.text.size(); --left) {
                do {
                    ++stop;
                } while (stop < item.text.size() && (item.text[stop] & '\xc0') == '\x80');
            }
            out += head(item.major, stop - at) + item.text.substr(at, stop - at);
            at = stop;
        }
        return out + '\xff';
    }

    std::string container(const cbor_item& item, std::size_t count) {
        std::string out = spelling_.endless
                              ? std::string(1, static_cast<char>(item.major * 32 + 31))
                              : head(item.major, count);
        const std::size_t step = item.major == 5 ? 2 : 1;
        for (std::size_t at = 0; at < item.contents.size(); at += step) {
            const bool backwards = spelling_.reversed && step == 2;
            const std::size_t from = backwards ? item.contents.size() - step - at : at;
            for (std::size_t one = from; one < from + step; ++one) {
                out += spell(item.contents[one]);
            }
        }
        return spelling_.endless ? out + '\xff' : out;
    }

    std::string simple(const cbor_item& item) const;

    cbor_spelling spelling_;
};

// Appendix D.
inline double float_of(const cbor_item& item) {
    if (item.info == 26) {
        return std::bit_cast<float>(static_cast<std::uint32_t>(item.value));
    }
    if (item.info == 27) {
        return std::bit_cast<double>(item.value);
    }
    const auto exponent = static_cast<int>((item.value >> 10) & 0x1F);
    const auto mantissa = static_cast<int>(item.value & 0x3FF);
    double value = 0;
    if (exponent == 0) {
        value = std::ldexp(mantissa, -24);
    } else if (exponent != 31) {
        value = std::ldexp(mantissa + 1024, exponent - 25);
    } else {
        value = mantissa == 0 ? HUGE_VAL : std::nan("");
    }
    return (item.value & 0x8000) != 0 ? -value : value;
}

inline std::string cbor_respeller::simple(const cbor_item& item) const {
    if (item.info < 24) {
        return std::string(1, static_cast<char>(7 * 32 + item.info));
    }
    if (item.info == 24) {
        return '\xf8' + in_bytes(item.value, 1);
    }
    if (spelling_.widened) {
        return '\xfb' + in_bytes(std::bit_cast<std::uint64_t>(float_of(item)), 8);
    }
    return static_cast<char>(7 * 32 + item.info) + in_bytes(item.value, 1U << (item.info - 24));
}

}  // namespace reference
