// SPDX-License-Identifier: MIT
#include <stentor/event/json.hpp>

#include "codec/order_document.hpp"
#include "support/protocol.hpp"

#include <array>

// to_json() and from_json() of described types.

namespace bench {

STENTOR_ENUM(order_state, placed, paid, shipped);
STENTOR_FIELDS(order_line, sku, title, count, cents, weight, gift);
STENTOR_FIELDS(order_document, id, number, state, customer, note, lines, labels, rates, total_cents,
               express);

}  // namespace bench

namespace {

bench::order_document read_order(const std::string& text) {
    return stentor::from_json<bench::order_document>(text).value();
}

std::string write_order(const bench::order_document& order) {
    return stentor::to_json(order).value();
}

}  // namespace

int main(int argc, char** argv) {
    const std::array workloads{
        bench::workload{"json_read", 1000,
                        [](auto n) { return bench::measure_reading(n, read_order); }},
        bench::workload{"json_write", 1000,
                        [](auto n) { return bench::measure_writing(n, write_order, read_order); }},
    };
    return bench::serve("json", workloads, argc, argv);
}
