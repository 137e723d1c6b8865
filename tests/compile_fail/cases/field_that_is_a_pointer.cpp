// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: a pointer cannot be described
#include <stentor/event/json.hpp>

#include <memory>
#include <optional>
#include <string>

// A field whose object belongs to nobody knows whom.

struct order_placed {
#ifdef STENTOR_MISUSE
    std::unique_ptr<int> value;
#else
    std::optional<int> value;
#endif
    STENTOR_FIELDS(order_placed, value);
};

bool write(std::string& out, const order_placed& order) {
    return stentor::append_json(out, order).has_value();
}
