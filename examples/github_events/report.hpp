// SPDX-License-Identifier: MIT
#pragma once

#include "failure_log.hpp"
#include "intermission.hpp"
#include "projection.hpp"
#include "repair.hpp"
#include <stentor/bus/drain_report.hpp>
#include <stentor/metrics/snapshot.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What a person reads at the end. render() is a pure function of plain values, so that it can be
// tested without a run.

namespace github {

struct run_report {
    // The input and what became of it.
    std::string input;  // "index.json (329 webhooks)"
    std::uint64_t published = 0;
    std::uint64_t passes = 0;
    std::uint64_t bad = 0;
    std::uint64_t partial = 0;
    std::uint64_t waits = 0;
    std::int64_t waited_ns = 0;
    std::map<std::string, std::uint64_t> refused;
    bool interrupted = false;
    std::int64_t elapsed_ns = 0;  // from the first publish to the last handler

    std::optional<intermission::account> pause;  // when one was asked for
    std::optional<repair_account> repair;

    // What the bus says about itself, after it was drained.
    stentor::bus_snapshot bus;
    stentor::drain_report drained;

    // What the handlers made of it.
    std::vector<projection::row> busiest;
    std::size_t repositories = 0;
    std::vector<std::pair<std::string, std::int64_t>> found;
    std::vector<failure_log::example> failures;
    std::vector<failure_log::notice> notices;
    std::string audit_path;
    std::uint64_t audit_lines = 0;
    bool audit_complete = true;
};

struct report_style {
    std::size_t width = 80;  // of the terminal; wide ones get more columns
    bool colours = false;
};

[[nodiscard]] std::string render(const run_report& run, const report_style& style);

}  // namespace github
