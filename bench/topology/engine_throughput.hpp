// SPDX-License-Identifier: MIT
#pragma once

#include "support/throughput.hpp"
#include "topology/engine_bus.hpp"

// One throughput run of the engine: a fresh bus, the driver, the audit.

namespace bench {

enum class way { leased, plain };

template <std::size_t Topics, way Way, std::size_t Batch = 1>
[[nodiscard]] measurement engine_throughput(const topology& shape, std::uint64_t count) {
    ledger book(shape.handlers());
    stentor::bus bus(engine_options(stentor::profile::balanced, shape.publishers == 1));
    subscribe_adders<Topics>(bus, shape, book);
    bus.warm();
    measurement result =
        measure_throughput<Topics, Batch>(shape, count, book, engine_workers(), [&](unsigned) {
            if constexpr (Way == way::leased) {
                return leased_publisher(bus, std::make_index_sequence<Topics>{});
            } else {
                return plain_publisher(bus);
            }
        });
    close_and_audit(bus, result, book.delivered());
    return result;
}

}  // namespace bench
