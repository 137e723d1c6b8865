// SPDX-License-Identifier: MIT
#include "topology/engine_bus.hpp"

#include "support/placement.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace bench {

stentor::bus_options engine_options(stentor::profile profile, bool one_publisher) {
    stentor::bus_options options;
    options.profile = profile;
    // Four publishers with a lease for each of sixteen topics, and some to spare.
    options.publishers = 128;
    if (one_publisher) {
        // The publisher has a processor to itself, as in the twins: the others are the runners'.
        options.workers = static_cast<std::int32_t>(std::max(engine_workers(), 2U) - 1);
        options.on_thread_start = [](std::int32_t) { keep_off_publisher(); };
    }
    return options;
}

unsigned engine_workers() noexcept {
    return std::max(1U, std::thread::hardware_concurrency());
}

void stop_on_refusal(stentor::publish_status status) noexcept {
    std::fprintf(stderr, "bench: publish answered %s\n",
                 std::string(stentor::to_string(status)).c_str());
    std::abort();
}

void close_and_audit(stentor::bus& bus, measurement& result, std::uint64_t deliveries_expected) {
    bus.wait_idle();
    const stentor::bus_snapshot seen = bus.snapshot();
    result.add("parks", static_cast<double>(seen.parks));
    result.add("wakeups", static_cast<double>(seen.wakeups));
    result.add("rescues", static_cast<double>(seen.rescues));
    result.add("spare_activations", static_cast<double>(seen.spare_activations));
    result.add("lanes", static_cast<double>(seen.lanes));
    result.add("refusals_per_event", static_cast<double>(seen.audit.publishes.rejected_full) /
                                         static_cast<double>(result.count));
    bus.drain();

    const stentor::audit_report audit = bus.audit();
    std::int64_t completed = audit.removed.completed;
    for (const auto& [name, terms] : audit.subscriptions) {
        completed += terms.completed;
    }
    if (audit.unaccounted() != 0) {
        result.fail("audit: unaccounted " + std::to_string(audit.unaccounted()));
    } else if (completed != static_cast<std::int64_t>(deliveries_expected)) {
        result.fail("audit: " + std::to_string(completed) + " deliveries completed, " +
                    std::to_string(deliveries_expected) + " expected");
    }
}

}  // namespace bench
