// SPDX-License-Identifier: MIT
#include "codec/order_document.hpp"

#include <charconv>
#include <string_view>
#include <system_error>

namespace bench {
namespace {

void add_text(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '"') {
            out += '\\';
        }
        out += c;
    }
    out += '"';
}

void add_number(std::string& out, double value) {
    char text[32];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

std::string_view state_name(order_state state) {
    switch (state) {
        case order_state::placed: return "placed";
        case order_state::paid: return "paid";
        case order_state::shipped: break;
    }
    return "shipped";
}

void add_line(std::string& out, const order_line& line) {
    out += R"({"sku":)";
    add_text(out, line.sku);
    out += R"(,"title":)";
    add_text(out, line.title);
    out += R"(,"count":)" + std::to_string(line.count);
    out += R"(,"cents":)" + std::to_string(line.cents);
    out += R"(,"weight":)";
    add_number(out, line.weight);
    out += R"(,"gift":)";
    out += line.gift ? "true}" : "false}";
}

}  // namespace

std::string order_text(const order_document& order) {
    std::string out = R"({"id":)";
    add_text(out, order.id);
    out += R"(,"number":)" + std::to_string(order.number);
    out += R"(,"state":)";
    add_text(out, state_name(order.state));
    out += R"(,"customer":)";
    add_text(out, order.customer);
    out += R"(,"note":)";
    add_text(out, order.note);
    out += R"(,"lines":[)";
    for (const order_line& line : order.lines) {
        add_line(out, line);
        out += ',';
    }
    out.back() = ']';
    out += R"(,"labels":{)";
    for (const auto& [name, value] : order.labels) {
        add_text(out, name);
        out += ':';
        add_text(out, value);
        out += ',';
    }
    out.back() = '}';
    out += R"(,"rates":[)";
    for (const double rate : order.rates) {
        add_number(out, rate);
        out += ',';
    }
    out.back() = ']';
    out += R"(,"total_cents":)" + std::to_string(order.total_cents);
    out += R"(,"express":)";
    out += order.express ? "true}" : "false}";
    return out;
}

}  // namespace bench
