// SPDX-License-Identifier: MIT
#pragma once

#include "conformance/dead_letter_rules.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

// The conformance suite of dead letter stores. Factory has
//     static std::unique_ptr<stentor::dead_letter_store> make();   // an empty store with room for
//                                                                  // 1000 small letters
namespace conformance {

template <class Factory>
class dead_letter_stores : public testing::Test {};

TYPED_TEST_SUITE_P(dead_letter_stores);

TYPED_TEST_P(dead_letter_stores, keep_every_rule) {
    for (const rule& each : dead_letter_rules()) {
        const std::unique_ptr<stentor::dead_letter_store> store = TypeParam::make();
        ASSERT_NE(store, nullptr);
        complaints broken;
        each.check(*store, broken);
        for (const std::string& complaint : broken) {
            ADD_FAILURE() << each.name << ": " << complaint;
        }
    }
}

REGISTER_TYPED_TEST_SUITE_P(dead_letter_stores, keep_every_rule);

}  // namespace conformance
