// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

// A shop, for the tests of the kit.
namespace stentor_test {

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    std::string id;
    long cents = 0;

    friend bool operator==(const order_placed&, const order_placed&) = default;
    friend std::ostream& operator<<(std::ostream& out, const order_placed& order) {
        return out << order.id << " for " << order.cents;
    }
};

// Small enough for a slot.
struct stock_reserved {
    static constexpr std::string_view topic = "stock.reserved";
    int shelf = 0;

    friend bool operator==(const stock_reserved&, const stock_reserved&) = default;
};

struct order_confirmed {
    static constexpr std::string_view topic = "order.confirmed";
    std::string id;
};

// Cannot be copied.
struct parcel {
    static constexpr std::string_view topic = "parcel.sent";
    std::unique_ptr<int> weight;
};

}  // namespace stentor_test
