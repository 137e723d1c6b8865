// SPDX-License-Identifier: MIT
#pragma once

#include "support/ledger.hpp"
#include "support/topology.hpp"

#include <functional>
#include <vector>

// What a hand-written dispatcher has: for each topic a list of std::function. Filled before the
// threads start, read-only afterwards.

namespace bench {

class handler_table {
public:
    handler_table(const topology& shape, ledger& book) {
        for (const auto& row : shape.listeners) {
            auto& handlers = rows_.emplace_back();
            for (const std::size_t handler : row) {
                handlers.emplace_back(adder{&book, handler});
            }
        }
    }

    void dispatch(const payload& event) const {
        for (const auto& handler : rows_[event.topic]) {
            handler(event);
        }
    }

private:
    std::vector<std::vector<std::function<void(const payload&)>>> rows_;
};

}  // namespace bench
