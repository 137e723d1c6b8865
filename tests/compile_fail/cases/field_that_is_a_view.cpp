// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: a view does not own what it shows
#include <stentor/event/json.hpp>

#include <string>
#include <string_view>

// A field that would show what is gone.

struct order_placed {
#ifdef STENTOR_MISUSE
    std::string_view value;
#else
    std::string value;
#endif
    STENTOR_FIELDS(order_placed, value);
};

bool write(std::string& out, const order_placed& order) {
    return stentor::append_json(out, order).has_value();
}
