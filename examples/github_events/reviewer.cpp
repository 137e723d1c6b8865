// SPDX-License-Identifier: MIT

#include "events.hpp"
#include <stentor/stentor.hpp>

#include <stdexcept>

// A handler that registers itself: nobody calls anything in this file. It is in a library of its
// own, which main.cpp does not know either; the bus finds it with registry().load().

namespace {

STENTOR_HANDLER(github::pull_request_opened, "reviewer", {.tags = {"desk"}})
(const github::pull_request_opened& pull, stentor::context& ctx) {
    if (!ctx.publish(github::review_requested{pull.repository, pull.number, pull.author})) {
        throw std::runtime_error("nobody could be asked for a review: the bus is full");
    }
}

}  // namespace
