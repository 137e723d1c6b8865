// SPDX-License-Identifier: MIT
#pragma once

#include <string>

// One webhook delivery as it came in, before anybody looked into the payload.

namespace github {

struct record {
    std::string event;    // GitHub's name of it, from the X-GitHub-Event header: "pull_request"
    std::string id;       // of the delivery, from X-GitHub-Delivery; may be empty
    std::string payload;  // the body: one JSON object, well-formed, without needless white space
};

}  // namespace github
