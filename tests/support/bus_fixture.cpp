// SPDX-License-Identifier: MIT
#include "support/bus_fixture.hpp"

#include "support/patience.hpp"

#include <utility>

namespace stentor_test {

stentor::bus_options small_bus() {
    return {.workers = 2, .spare = 2, .profile = stentor::profile::efficient};
}

void settle_accounts(stentor::bus& bus) {
    const bool drained_before = bus.closed();  // by the test, which looked at the report itself
    const auto report = bus.drain(patience);
    EXPECT_TRUE(report.complete || drained_before);
    EXPECT_TRUE(report.stuck.empty() || drained_before);
    const auto audit = bus.audit();
    EXPECT_EQ(audit.unaccounted(), 0) << audit.to_string();
    EXPECT_EQ(audit.envelopes_alive, 0) << audit.to_string();
    for (const auto& [name, terms] : audit.subscriptions) {
        EXPECT_EQ(terms.outstanding(), 0) << name << '\n' << audit.to_string();
    }
    EXPECT_EQ(audit.removed.outstanding(), 0) << audit.to_string();
    EXPECT_EQ(bus.snapshot().rescues, 0U);
}

stentor::bus& bus_fixture::make_bus(stentor::bus_options options) {
    if (!options.log.on_error && !options.log.on_notice) {
        options.log = log_.sink();
    }
    buses_.push_back(std::make_unique<stentor::bus>(std::move(options)));
    return *buses_.back();
}

void bus_fixture::TearDown() {
    for (const auto& one : buses_) {
        settle_accounts(*one);
    }
    buses_.clear();
    if (!expects_failures_) {
        for (const auto& one : log_.errors()) {
            ADD_FAILURE() << one.subscription << " threw: " << one.error;
        }
    }
}

}  // namespace stentor_test
