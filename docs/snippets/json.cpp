// SPDX-License-Identifier: MIT

#include <stentor/event/json.hpp>

#include <stentor/stentor.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// [snippet describe]
enum class size { small, large };
STENTOR_ENUM(size, small, large);

struct line {
    std::string sku;
    std::uint8_t count = 1;
    std::optional<size> cut;
};
STENTOR_FIELDS(line, sku, count, cut);  // beside the type, in its namespace

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    std::chrono::sys_seconds at{};
    std::vector<line> lines;
    std::map<std::string, double> prices;
    STENTOR_FIELDS(order_placed, id, at, lines, prices);  // or in it
};
// [end]

// [snippet variant]
struct card {
    std::string number;
    STENTOR_FIELDS(card, number);
};
struct payment {
    std::variant<std::monostate, std::string, card> by;  // null, "cash", {"card":{"number":"42"}}
    STENTOR_FIELDS(payment, by);
};
// [end]

// [snippet unknown]
struct parcel_sent {
    std::string id;
    stentor::unknown_fields others;
    STENTOR_FIELDS(parcel_sent, id, others);
};
// [end]

int main() {
    // [snippet both_ways]
    const auto order = stentor::from_json<order_placed>(R"({
        "id": "o-1", "at": "2026-11-27T09:30:00+01:00", "prices": {"apple": 0.25},
        "lines": [{"sku": "apple", "count": 3, "cut": "large"}, {"sku": "pear", "count": 1}]
    })");
    if (!order) {
        std::cout << order.error().message() << '\n';
        return 1;
    }
    std::cout << stentor::to_json(*order).value() << '\n';
    // [end]
    std::cout << stentor::to_json(payment{card{"42"}}).value() << '\n';

    // [snippet errors]
    for (const auto* text : {R"({"id":"o-1","lines":[{"sku":"apple","count":300}]})",
                             R"({"id":"o-1","lines":[{"sku":"apple","count":1,"cut":"huge"}]})",
                             R"({"id":"o-1","lines":[{"sku":"apple","co)"}) {
        const auto read = stentor::from_json<order_placed>(text);
        std::cout << to_string(read.error().code) << ": " << read.error().message() << '\n';
    }
    // [end]

    // [snippet again]
    const auto parcel = stentor::from_json<parcel_sent>(R"({"id":"p-1","drone":{"number":7}})");
    std::cout << stentor::to_json(*parcel).value() << '\n';
    // [end]

    // [snippet publish]
    stentor::bus bus;
    auto returns = bus.subscribe(
        "returns", stentor::pattern("order.returned"), [](const stentor::any_event& event) {
            const auto back = stentor::from_json<parcel_sent>(event.text());
            if (back) {
                std::cout << "returned: " << back->id << '\n';
            }
        });
    bus.publish(stentor::topic("order.returned"), stentor::to_json(*parcel).value());
    // [end]
    bus.drain();
}
