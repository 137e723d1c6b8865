// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>
#include <stentor/metrics/snapshot.hpp>

#include <cstddef>
#include <string>

// A snapshot as Prometheus text, format 0.0.4: serve it with `Content-Type: text/plain;
// version=0.0.4; charset=utf-8`. Base units, `_total` on counters, classic histogram buckets 1-2-5
// from 1 us to 10 s.
//
// Threads: a pure function. Progress: allocates; linear in the snapshot.

namespace stentor::inline v0 {

struct prometheus_options {
    // About how many time series one scrape may have; names of subscriptions may come from outside.
    // Subscriptions that do not fit are summed up as subscription="other". At least one line per
    // metric is always there.
    std::size_t max_series = 10'000;
};

[[nodiscard]] STENTOR_EXPORT std::string prometheus_text(const bus_snapshot& snapshot,
                                                         prometheus_options options = {});

}  // namespace stentor::inline v0
