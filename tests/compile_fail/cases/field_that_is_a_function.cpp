// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: STENTOR_FIELDS names data members
#include <stentor/event/json.hpp>

#include <string>

// A description that names a function.

struct order_placed {
#ifdef STENTOR_MISUSE
    int value() const { return 7; }
#else
    int value = 7;
#endif
    STENTOR_FIELDS(order_placed, value);
};

bool write(std::string& out, const order_placed& order) {
    return stentor::append_json(out, order).has_value();
}
