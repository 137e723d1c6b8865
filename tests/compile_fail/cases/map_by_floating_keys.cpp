// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: the key of a map is a std::string
#include <stentor/event/json.hpp>

#include <map>
#include <string>

// A map whose keys are no names.

struct order_placed {
#ifdef STENTOR_MISUSE
    std::map<double, int> value;
#else
    std::map<int, int> value;
#endif
    STENTOR_FIELDS(order_placed, value);
};

bool write(std::string& out, const order_placed& order) {
    return stentor::append_json(out, order).has_value();
}
