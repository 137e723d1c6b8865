// SPDX-License-Identifier: MIT

#include <stentor/stentor.hpp>

#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

void print(std::string_view what, const stentor::violations& found) {
    std::cout << what << '\n';
    for (const auto& one : found) {
        std::cout << "  " << (one.path.empty() ? "it" : one.path) << " [" << one.code << "] "
                  << one.message << '\n';
    }
}

// [snippet declared]
struct line {
    std::string name;
    int count = 0;
    STENTOR_FIELDS(line, name, count);
};
struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    std::vector<line> lines;
    STENTOR_FIELDS(order_placed, id, lines);
};

void validate(const order_placed& order, stentor::violations& found) {
    if (order.id.empty()) {
        found.add("id", "required", "an order has an id");
    }
    const auto lines = found.in("lines");
    for (std::size_t index = 0; index < order.lines.size(); ++index) {
        const auto here = found.at(index);
        if (order.lines[index].count <= 0) {
            found.add("count", "not_positive", "a line has at least one piece");
        }
    }
}
// [end]

void declared(stentor::bus& bus) {
    // [snippet refused]
    stentor::violations found;
    const order_placed order{.id = "", .lines = {{"tea", 2}, {"milk", 0}}};
    if (!bus.publish(order, {.violations = &found})) {
        print("refused:", found);
    }
    // [end]
}

void rules(stentor::bus& bus) {
    // [snippet rules]
    const auto small =
        bus.validate<order_placed>({.size_max = 4096, .utf8 = true, .required = {"lines[].name"}});
    const auto tea_only = bus.validate<order_placed>(
        [](const order_placed& order, stentor::violations& found) {
            if (order.lines.size() != 1 || order.lines[0].name != "tea") {
                found.add("lines", "only_tea", "we sell tea");
            }
        },
        {.mode = stentor::validation_mode::warn});
    const auto texts =
        bus.validate(stentor::pattern("hook.>"),
                     [](const stentor::candidate& one, stentor::violations& found) {
                         if (!one.text().starts_with('{')) {
                             found.add("", "no_object", "a hook's text is a JSON object");
                         }
                     },
                     {.size_max = 64 * 1024, .utf8 = true});
    // [end]

    // [snippet published]
    stentor::violations found;
    bus.publish(order_placed{.id = "o-1", .lines = {{"", 1}}}, {.violations = &found});
    print("a line without a name:", found);
    bus.publish(stentor::topic("hook.github"), "\xff", {.violations = &found});
    print("a text that is not UTF-8:", found);
    if (bus.publish(order_placed{.id = "o-2", .lines = {{"milk", 1}}})) {
        std::cout << "milk: published, and one warning\n";
    }
    // [end]
}

void bulk(stentor::bus& bus) {
    // [snippet bulk]
    const std::vector<order_placed> orders{{"o-3", {}}, {"", {}}, {"o-4", {}}, {"", {}}};
    stentor::violations found;
    if (bus.publish_bulk(std::span(orders), &found) == 0) {
        print("none of four:", found);
    }
    // [end]
}

void alone() {
    // [snippet alone]
    print("without a bus:", stentor::violations_of(order_placed{}));
    // [end]
}

int main() {
    stentor::bus bus{{.log = {.on_invalid = [](const stentor::invalid_record& record) {
                          std::cout << "warning: " << record.topic << ' '
                                    << record.violations.front().code << '\n';
                      }}}};
    declared(bus);
    rules(bus);
    bulk(bus);
    alone();
    std::cout << "refused: " << bus.audit().publishes.rejected_invalid << '\n';
}
