// SPDX-License-Identifier: MIT
#pragma once

#include "support/test_log.hpp"
#include <stentor/base/clock.hpp>
#include <stentor/bus/bus.hpp>
#include <stentor/bus/bus_options.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace stentor_test {

// Two workers and two spare ones whatever the machine has, so that tests mean the same everywhere;
// idle runners sleep at once, so that tests which run side by side leave each other the processors.
[[nodiscard]] stentor::bus_options small_bus();

// Drains the bus and checks what must hold after every test: everything accepted was settled,
// published is what was accepted and refused, no envelope lives, nobody missed a wake-up.
void settle_accounts(stentor::bus& bus);

// The fixture of tests that use a bus. Buses made through it are settled when the test is over;
// what handlers throw fails the test, unless it says that it expects failures.
class bus_fixture : public ::testing::Test {
protected:
    // The bus lives until the test is over, longer than the test's own variables.
    stentor::bus& make_bus(stentor::bus_options options = small_bus());
    [[nodiscard]] const test_log& log() const { return log_; }
    void expect_failures() { expects_failures_ = true; }

    void TearDown() override;

    // For options.clock, which must outlive the bus.
    stentor::virtual_clock clock_;

private:
    test_log log_;
    std::vector<std::unique_ptr<stentor::bus>> buses_;
    bool expects_failures_ = false;
};

}  // namespace stentor_test
