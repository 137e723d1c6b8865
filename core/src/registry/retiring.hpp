// SPDX-License-Identifier: MIT
#pragma once

#include "base/sync.hpp"
#include "registry/read_sections.hpp"
#include "registry/route.hpp"

#include <memory>

// What is on its way in or out, until no publisher and no runner can hold it. Under the registry's
// lock.
namespace stentor::inline v0::detail {

using grace = grace_period<real_sync>;

struct retired_route {
    std::unique_ptr<route> what;
    grace readers;
    bool observed = false;
};
struct staged_route {
    topic_entry* entry;
    std::unique_ptr<route> what;
    retired_route before;  // room for the version that it replaces
};
struct dying_lane {
    std::shared_ptr<lane> what;
    grace readers;
    bool observed = false;
};

}  // namespace stentor::inline v0::detail
