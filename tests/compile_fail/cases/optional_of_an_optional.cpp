// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: has two ways to be null
#include <optional>

#include <stentor/event/json.hpp>

#include <string>

// A field with two ways to be absent.

struct order_placed {
#ifdef STENTOR_MISUSE
    std::optional<std::optional<int>> value;
#else
    std::optional<int> value;
#endif
    STENTOR_FIELDS(order_placed, value);
};

bool write(std::string& out, const order_placed& order) {
    return stentor::append_json(out, order).has_value();
}
