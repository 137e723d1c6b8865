// SPDX-License-Identifier: MIT
#include "codec/order_document.hpp"
#include "support/protocol.hpp"

#include <nlohmann/json.hpp>

#include <array>

// nlohmann::json: a tree in between, both ways.

namespace bench {

NLOHMANN_JSON_SERIALIZE_ENUM(order_state, {{order_state::placed, "placed"},
                                           {order_state::paid, "paid"},
                                           {order_state::shipped, "shipped"}})
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(order_line, sku, title, count, cents, weight, gift)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(order_document, id, number, state, customer, note, lines, labels,
                                   rates, total_cents, express)

}  // namespace bench

namespace {

bench::order_document read_order(const std::string& text) {
    return nlohmann::json::parse(text).get<bench::order_document>();
}

std::string write_order(const bench::order_document& order) {
    return nlohmann::json(order).dump();
}

}  // namespace

int main(int argc, char** argv) {
    const std::array workloads{
        bench::workload{"json_read", 1000,
                        [](auto n) { return bench::measure_reading(n, read_order); }},
        bench::workload{"json_write", 1000,
                        [](auto n) { return bench::measure_writing(n, write_order, read_order); }},
    };
    return bench::serve("nlohmann", workloads, argc, argv);
}
