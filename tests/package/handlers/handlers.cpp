// SPDX-License-Identifier: MIT
#include "events.hpp"
#include <stentor/stentor.hpp>

#include <cstdio>

// Nobody refers to anything here.

namespace {

void greet(const order_placed& order) {
    std::printf("newsletter for %ld cents\n", order.cents);
}

STENTOR_HANDLER(order_placed, "loyalty.points", {.tags = {"loyalty"}})
(const order_placed& order, stentor::context& ctx) {
    std::printf("%s adds %ld points\n", std::string(ctx.subscription()).c_str(), order.cents / 100);
}

const stentor::static_handler<order_placed> newsletter{
    "newsletter", greet, {.tags = {"mail"}, .start_after = {"loyalty.points"}}};

}  // namespace
