// SPDX-License-Identifier: MIT
#include "bus/json_line.hpp"

#include <cstdio>

namespace stentor::inline v0::detail {

void append_json(std::string& out, std::string_view name, std::string_view text) {
    out += out.back() == '{' ? "\"" : ",\"";
    out += name;
    out += "\":\"";
    for (const char raw : text) {
        const auto byte = static_cast<unsigned char>(raw);
        if (byte == '"' || byte == '\\') {
            out += '\\';
            out += raw;
        } else if (byte < 0x20 || byte == 0x7f) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", byte);
            out += escaped;
        } else {
            out += raw;
        }
    }
    out += '"';
}

void append_json(std::string& out, std::string_view name, std::int64_t number) {
    out += ",\"";
    out += name;
    out += "\":";
    out += std::to_string(number);
}

void append_json_if(std::string& out, std::string_view name, bool so) {
    if (so) {
        out += ",\"";
        out += name;
        out += "\":true";
    }
}

void write_line(std::string line) noexcept {
    line += '\n';
    std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace stentor::inline v0::detail
