// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: this enum has no names; write STENTOR_ENUM
#include <stentor/event/json.hpp>

#include <string>

// A field of an enum without names.

enum class colour { red, green };

struct order_placed {
#ifdef STENTOR_MISUSE
    colour value{};
#else
    int value = 0;
#endif
    STENTOR_FIELDS(order_placed, value);
};

bool write(std::string& out, const order_placed& order) {
    return stentor::append_json(out, order).has_value();
}
