// SPDX-License-Identifier: MIT
#include "event/media_type.hpp"

#include <algorithm>

namespace stentor::inline v0::detail {
namespace {

bool is_token_byte(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Takes the media_type_text from the front of a text.
class media_type_text {
public:
    explicit media_type_text(std::string_view text) : left_(text) {}

    [[nodiscard]] bool at_end() const noexcept { return left_.empty(); }
    [[nodiscard]] std::string_view token() noexcept {
        const auto* const stop = std::find_if_not(left_.begin(), left_.end(), is_token_byte);
        const std::string_view taken =
            left_.substr(0, static_cast<std::size_t>(stop - left_.begin()));
        left_.remove_prefix(taken.size());
        return taken;
    }
    [[nodiscard]] bool take(char c) noexcept {
        if (left_.empty() || left_.front() != c) {
            return false;
        }
        left_.remove_prefix(1);
        return true;
    }
    void space() noexcept {
        while (take(' ') || take('\t')) {
        }
    }
    // A token, or what stands in quotes.
    [[nodiscard]] std::optional<std::string> value() {
        if (!take('"')) {
            const std::string_view taken = token();
            return taken.empty() ? std::nullopt : std::optional<std::string>(taken);
        }
        std::string out;
        while (!take('"')) {
            static_cast<void>(take('\\'));
            if (left_.empty() || left_.front() < ' ' || left_.front() > '~') {
                return std::nullopt;
            }
            out += left_.front();
            left_.remove_prefix(1);
        }
        return out;
    }

private:
    std::string_view left_;
};

}  // namespace

std::string lower_case(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::optional<media_type> parse_media_type(std::string_view text) {
    media_type_text in(text);
    const std::string_view type = in.token();
    const bool slash = in.take('/');
    const std::string_view subtype = in.token();
    if (type.empty() || !slash || subtype.empty()) {
        return std::nullopt;
    }
    media_type out{lower_case(text.substr(0, type.size() + 1 + subtype.size())), {}};
    bool any_charset = false;
    for (in.space(); in.take(';'); in.space()) {
        in.space();
        const std::string name = lower_case(in.token());
        if (name.empty()) {
            continue;  // RFC 9110 allows it
        }
        const auto value = in.take('=') ? in.value() : std::nullopt;
        if (!value || (name == "charset" && any_charset)) {
            return std::nullopt;
        }
        if (name == "charset") {
            any_charset = true;
            out.charset = lower_case(*value);
        }
    }
    return in.at_end() ? std::optional(std::move(out)) : std::nullopt;
}

bool declares_json(const media_type& type) noexcept {
    return type.name.ends_with("/json") || type.name.ends_with("+json");
}

bool declares_text(const media_type& type) noexcept {
    return type.name.starts_with("text/") || type.name == "application/xml" ||
           type.name.ends_with("+xml");
}

bool is_utf8(const media_type& type) noexcept {
    return type.charset.empty() || type.charset == "utf-8" || type.charset == "utf8" ||
           type.charset == "us-ascii";
}

}  // namespace stentor::inline v0::detail
