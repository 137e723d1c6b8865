// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: first token is `stentor`
#include <stentor/stentor.hpp>

#include <string_view>

// A topic that belongs to the engine.

struct breaker_opened {
#ifdef STENTOR_MISUSE
    static constexpr std::string_view topic = "stentor.breaker.opened";
#else
    static constexpr std::string_view topic = "breaker.opened";
#endif
    int number = 0;
};

void tell(stentor::bus& bus) {
    bus.publish(breaker_opened{7});
}
