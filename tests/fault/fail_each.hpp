// SPDX-License-Identifier: MIT
#pragma once

#include "allocation.hpp"

#include <gtest/gtest.h>

#include <cstdint>

// The n-th allocation fails, for every n until a call passes without one.

namespace stentor::fault {

// Runs the call with each allocation failing in turn; returns how many times one did.
template <class Call>
std::uint64_t fail_each(Call call) {
    for (std::uint64_t nth = 1;; ++nth) {
        arm(nth, shortage::once, false);
        const bool ok = call();
        const std::uint64_t counted = disarm();
        if (counted < nth) {
            EXPECT_TRUE(ok);
            return nth - 1;
        }
        EXPECT_FALSE(ok) << "allocation " << nth;
    }
}

}  // namespace stentor::fault
