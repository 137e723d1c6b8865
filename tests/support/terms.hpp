// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/bus/bus.hpp>
#include <stentor/metrics/audit.hpp>

#include <gtest/gtest.h>

#include <string_view>

namespace stentor_test {

// What the books say of a subscription. One that is not there fails the test.
[[nodiscard]] inline stentor::delivery_terms terms_of(const stentor::bus& bus,
                                                      std::string_view name) {
    for (const auto& [each, terms] : bus.audit().subscriptions) {
        if (each == name) {
            return terms;
        }
    }
    ADD_FAILURE() << "no subscription " << name;
    return {};
}

}  // namespace stentor_test
