// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: this type is not described; write STENTOR_FIELDS
#include <stentor/event/json.hpp>

#include <string>
#include <vector>

// A field of a type without a description.

struct place {
    int row = 0;
};

struct order_placed {
#ifdef STENTOR_MISUSE
    std::vector<place> value;
#else
    std::vector<int> value;
#endif
    STENTOR_FIELDS(order_placed, value);
};

bool write(std::string& out, const order_placed& order) {
    return stentor::append_json(out, order).has_value();
}
