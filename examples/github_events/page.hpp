// SPDX-License-Identifier: MIT
#pragma once

#include "report.hpp"
#include "text.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What render() writes on, line by line.
//
// Threads: one.

namespace github {

class page {
public:
    explicit page(const report_style& style) : style_(style) {}

    void line(std::string_view text = {}) { text_.append(text).append("\n"); }
    void heading(std::string_view text) {
        line();
        line(coloured("1", text));
    }
    // The codes are those of the terminal: 1 bold, 31 red, 32 green.
    [[nodiscard]] std::string coloured(std::string_view code, std::string_view text) const {
        if (!style_.colours) {
            return std::string(text);
        }
        return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
    }
    // "label   left = a + b + c", broken at the pluses where it does not fit.
    void equation(std::string_view label, const std::string& left,
                  const std::vector<std::string>& terms) {
        std::string current = "  " + github::left(label, 12) + left + " ";
        const std::size_t indent = columns_of(current);
        std::string_view sign = "= ";
        for (const std::string& term : terms) {
            if (columns_of(current) + columns_of(term) + 3 > style_.width && sign != "= ") {
                line(current.substr(0, current.size() - 1));
                current.assign(indent, ' ');
            }
            current.append(sign).append(term).append(" ");
            sign = "+ ";
        }
        line(current.substr(0, current.size() - 1));
    }
    // Broken at spaces where it does not fit; what follows the first line stands further in.
    void paragraph(std::string_view text) {
        for (std::string_view indent = "  "; !text.empty(); indent = "    ") {
            const std::size_t room = std::max<std::size_t>(style_.width, 24) - indent.size();
            std::size_t stop = columns_of(text) <= room ? text.size() : text.rfind(' ', room);
            if (stop == std::string_view::npos) {
                stop = std::min(text.find(' '), text.size());
            }
            line(std::string(indent).append(text.substr(0, stop)));
            text.remove_prefix(std::min(stop + 1, text.size()));
        }
    }
    [[nodiscard]] std::size_t width() const { return style_.width; }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    const report_style& style_;
    std::string text_;
};

}  // namespace github
