// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    long cents = 0;
};
