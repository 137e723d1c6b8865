// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

// Orders from outside, some of them broken. The type says what an order is; the shop adds what it
// wants for now, and only warns of it. Handlers see valid orders only.

struct order_line {
    std::string name;
    int count = 0;
    STENTOR_FIELDS(order_line, name, count);
};

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    std::vector<order_line> lines;
    STENTOR_FIELDS(order_placed, id, lines);
};

void validate(const order_placed& order, stentor::violations& found) {
    if (order.lines.empty()) {
        found.add("lines", "required", "an order has lines");
    }
    const auto lines = found.in("lines");
    for (std::size_t index = 0; index < order.lines.size(); ++index) {
        if (order.lines[index].count <= 0) {
            const auto here = found.at(index);
            found.add("count", "not_positive", "a line has at least one piece");
        }
    }
}

int main() {
    stentor::bus bus{{.log = {.on_invalid = [](const stentor::invalid_record& record) {
                          std::printf("warning: %s: %s\n", record.violations[0].path.c_str(),
                                      record.violations[0].message.c_str());
                      }}}};
    int packed = 0;
    const auto packing = bus.subscribe<order_placed>(
        "packing", [&](const order_placed&) { ++packed; }, {.order = stentor::order::serial});
    const auto named =
        bus.validate<order_placed>({.utf8 = true, .required = {"id", "lines[].name"}});
    const auto modest = bus.validate<order_placed>(
        [](const order_placed& order, stentor::violations& found) {
            if (order.lines.size() > 2) {
                found.add("lines", "many", "more than two lines take long");
            }
        },
        {.mode = stentor::validation_mode::warn});

    const std::vector<order_placed> orders{
        {.id = "o-1", .lines = {{"tea", 1}}},
        {.id = "", .lines = {{"tea", 1}, {"", 0}}},
        {.id = "o-3", .lines = {{"tea", 1}, {"milk", 2}, {"salt", 1}}},
        {.id = "o-4\xff", .lines = {}},
    };
    for (const auto& order : orders) {
        stentor::violations found;
        const auto answer = bus.publish(order, {.violations = &found});
        std::printf("%s\n", std::string(to_string(answer.status())).c_str());
        for (const auto& one : found) {
            std::printf("  %s: %s (%s)\n", one.path.c_str(), one.message.c_str(), one.code.c_str());
        }
    }
    bus.wait_idle();
    const auto books = bus.audit();
    std::printf("packed %d, refused %lld, unaccounted %lld\n", packed,
                static_cast<long long>(books.publishes.rejected_invalid),
                static_cast<long long>(books.unaccounted()));
}
