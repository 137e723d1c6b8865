// SPDX-License-Identifier: MIT
#include "unit/async/manual_bus.hpp"
#include "unit/validation/validated.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

// By seeds: what is valid is never refused, what is invalid is never enqueued, whatever rules come
// and go and however it is published; and the books are even.

namespace {

using namespace stentor_test;

class any_sequence : public manual_bus {
protected:
    [[nodiscard]] int below(int count) {
        return std::uniform_int_distribution<int>(0, count - 1)(dice_);
    }
    // Sends one tick by any form; true: it was taken.
    [[nodiscard]] bool send(stentor::publisher<tick>& hot, const tick& one) {
        stentor::violations found;
        bool taken = false;
        switch (below(5)) {
            case 0: taken = static_cast<bool>(bus.publish(one)); break;
            case 1:
                taken = static_cast<bool>(bus.publish(one, {.key = "k", .violations = &found}));
                EXPECT_EQ(taken, found.empty());
                break;
            case 2: taken = static_cast<bool>(hot.publish(one)); break;
            case 3: taken = static_cast<bool>(bus.publish_for(one, 1s)); break;
            default: taken = bus.publish_bulk(std::span(&one, 1), &found) == 1;
        }
        return taken;
    }
    std::mt19937_64 dice_;
};

TEST_F(any_sequence, never_refuses_what_is_valid_nor_takes_what_is_not) {
    std::int64_t sent = 0;
    std::int64_t refused = 0;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        SCOPED_TRACE(seed);
        dice_.seed(seed);
        std::map<int, int> expected;
        std::map<int, int> seen;
        const auto listener = bus.subscribe<tick>("listener" + std::to_string(seed),
                                                  [&](const tick& one) { ++seen[one.number]; });
        auto hot = bus.publisher<tick>();
        // A rule forbids multiples of its number; the type itself what is negative.
        std::map<int, stentor::validation> rules;
        for (int step = 0; step < 200; ++step) {
            const int number = below(5) + 2;
            if (below(10) == 0) {
                if (rules.erase(number) == 0) {
                    rules.emplace(number, bus.validate<tick>([number](const tick& one,
                                                                      stentor::violations& found) {
                        if (one.number % number == 0) {
                            found.add("number", "multiple", "");
                        }
                    }));
                }
                continue;
            }
            const tick one{below(40) - 5};
            bool valid = one.number >= 0;
            for (const auto& [each, rule] : rules) {
                valid = valid && one.number % each != 0;
            }
            ASSERT_EQ(send(hot, one), valid) << one.number;
            ++sent;
            refused += valid ? 0 : 1;
            expected[one.number] += valid ? 1 : 0;
            if (below(8) == 0) {
                run();
            }
        }
        run();
        std::erase_if(expected, [](const auto& each) { return each.second == 0; });
        EXPECT_EQ(seen, expected);
    }
    const auto publishes = bus.audit().publishes;
    EXPECT_EQ(publishes.published, sent);
    EXPECT_EQ(publishes.rejected_invalid, refused);
    EXPECT_GT(refused, 0);
    EXPECT_EQ(publishes.unaccounted(), 0);
}

}  // namespace
