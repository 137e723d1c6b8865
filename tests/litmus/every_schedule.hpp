// SPDX-License-Identifier: MIT
#pragma once

#include "support/explore/explore.hpp"

#include <gtest/gtest.h>

#include <string>

// For the steps that decide: the search of expect_holds() stops at a number of schedules, this one
// when there is nothing left.
namespace stentor::explore {

// No schedule fails that takes a task off its feet so many times at most, under each memory model;
// and none of these was left out.
inline void expect_every_schedule(const std::string& name, const scenario& body,
                                  unsigned preemptions) {
    for (const auto model : {memory_model::sc, memory_model::tso, memory_model::weak}) {
        options how;
        how.name = name;
        how.how = search::exhaustive;
        how.preemptions = preemptions;
        how.settings.memory = model;
        const auto found = explore(how, body);
        EXPECT_TRUE(found.passed()) << found.failure;
        EXPECT_TRUE(found.exhausted) << "only " << found.schedules << " schedules";
        EXPECT_GT(found.schedules, 100U) << "that many are too few to be all";
    }
}

}  // namespace stentor::explore
