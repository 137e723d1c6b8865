// SPDX-License-Identifier: MIT
#pragma once

#include "support/explore/explore.hpp"

#include <cstdint>
#include <string>
#include <vector>

// Explorations as GoogleTest expectations. A protocol comes with two tests: that it holds, and that
// a broken form of it is found, which is what gives the first one its worth.
namespace stentor::explore {

struct plan {
    std::string name;
    // Of expect_holds(): shared evenly by the strategies and models; STENTOR_EXPLORE_SCHEDULES
    // replaces it. Of expect_found(): each search gives up after so many.
    std::uint64_t schedules = 100'000;
    unsigned preemptions = 2;
    std::uint64_t exhaustive_max = 20'000;  // schedules per model and bound
    std::vector<memory_model> models{memory_model::sc, memory_model::tso, memory_model::weak};
    schedule_settings settings{};
    std::vector<search> searches{search::random, search::pct, search::exhaustive};
};

// No schedule of any strategy fails, under each memory model. Returns every outcome observed.
std::map<std::string, std::uint64_t> expect_holds(const plan& what, const scenario& body);

// Each strategy finds a schedule that fails, under each memory model of the plan, and the report
// contains `fault`; the schedule fails in the same way when it is replayed.
void expect_found(const plan& what, const scenario& body, const std::string& fault);

}  // namespace stentor::explore
