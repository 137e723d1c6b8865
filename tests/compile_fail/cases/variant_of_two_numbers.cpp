// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: two alternatives of this variant look alike
#include <stentor/event/json.hpp>

#include <string>
#include <variant>

// A variant that nobody could tell apart again.

struct order_placed {
#ifdef STENTOR_MISUSE
    std::variant<int, double> value;
#else
    std::variant<int, std::string> value;
#endif
    STENTOR_FIELDS(order_placed, value);
};

bool write(std::string& out, const order_placed& order) {
    return stentor::append_json(out, order).has_value();
}
