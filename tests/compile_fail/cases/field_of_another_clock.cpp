// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: a moment is one of std::chrono::system_clock
#include <stentor/event/json.hpp>

#include <chrono>
#include <string>

// A field that means nothing in another process.

struct order_placed {
#ifdef STENTOR_MISUSE
    std::chrono::steady_clock::time_point value{};
#else
    std::chrono::system_clock::time_point value{};
#endif
    STENTOR_FIELDS(order_placed, value);
};

bool write(std::string& out, const order_placed& order) {
    return stentor::append_json(out, order).has_value();
}
