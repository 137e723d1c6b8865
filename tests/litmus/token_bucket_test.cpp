// SPDX-License-Identifier: MIT
#include "resilience/token_bucket.hpp"

#include "litmus/every_schedule.hpp"
#include "litmus/torn_sync.hpp"
#include "support/explore/expect.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

// A token bucket: as many tokens as there are, whoever takes them and gives them back.
namespace {

using namespace stentor::explore;
using stentor::detail::token_bucket;

constexpr std::int64_t burst = 2;
constexpr std::int64_t cost = 10;

template <class Sync>
struct bucket_model {
    // Takes a token; every second one, as chosen, is not used.
    void take(std::int64_t now) {
        if (bucket.take(now) != 0) {
            return;
        }
        check(++held <= burst + now / cost, "no more tokens are out than came in");
        if (choose(2) == 1) {
            --held;
            bucket.give_back();
        }
    }

    token_bucket<Sync> bucket{burst, cost};
    std::int64_t held = 0;
};

// Three takers, twice each; the moments at which they read the clock.
template <class Sync>
scenario three_takers(std::array<std::int64_t, 3> moments) {
    return [moments](world& world) {
        auto& model = world.make<bucket_model<Sync>>();
        static constexpr std::array names{"taker 0", "taker 1", "taker 2"};
        for (std::size_t who = 0; who < moments.size(); ++who) {
            world.task(names[who], [&model, now = moments[who]] {
                model.take(now);
                model.take(now);
            });
        }
        const bool time_stands = moments == std::array<std::int64_t, 3>{};
        world.at_end([&model, time_stands] {
            const auto left = std::max<std::int64_t>(0, burst - model.held);
            check(model.bucket.available(0) <= left, "no token is made");
            check(!time_stands || model.bucket.available(0) == left, "no token is lost");
        });
    };
}

// One try each, of which two can succeed.
scenario one_try_each() {
    return [](world& world) {
        auto& model = world.make<bucket_model<explored_sync>>();
        static constexpr std::array names{"taker 0", "taker 1", "taker 2"};
        for (const auto* name : names) {
            world.task(name, [&model] { model.held += model.bucket.take(0) == 0 ? 1 : 0; });
        }
        world.at_end([&model] { check(model.held == burst, "each token is given, and once"); });
    };
}

plan named(const char* name) {
    plan made;
    made.name = std::string("token_bucket.") + name;
    return made;
}

TEST(token_bucket, gives_each_token_once_in_every_schedule_of_three_takers) {
    expect_every_schedule("token_bucket.every", one_try_each(), 100);
}

TEST(token_bucket, gives_each_token_once) {
    expect_holds(named("at_once"), three_takers<explored_sync>({0, 0, 0}));
}

TEST(token_bucket, gives_each_token_once_to_readers_of_different_times) {
    expect_holds(named("later"), three_takers<explored_sync>({0, 0, cost}));
}

TEST(token_bucket_mutant, that_changes_in_two_steps_is_found) {
    expect_found(named("torn"), three_takers<torn_sync>({0, 0, 0}), "");
}

}  // namespace
