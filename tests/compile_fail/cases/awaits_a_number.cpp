// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: stentor: this cannot be awaited
#include <stentor/stentor.hpp>

#include <chrono>

// A time is not something that happens.

struct tick {
    static constexpr std::string_view topic = "tick";
};

stentor::task<> wait([[maybe_unused]] stentor::context& ctx) {
    const std::chrono::milliseconds time{5};
#ifdef STENTOR_MISUSE
    co_await time;
#else
    co_await ctx.sleep(time);
#endif
}
