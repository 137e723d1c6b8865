// SPDX-License-Identifier: MIT
#include "lane/flight_gate.hpp"

#include "litmus/weakened_sync.hpp"
#include "support/explore/expect.hpp"
#include "support/explore/plain.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <string>

// A lane whose flights are all in the air keeps its scheduled bit: it is served once, by the runner
// that found a flight, or by one that is called when a flight ends.
namespace {

using namespace stentor::explore;
using stentor::detail::flight_gate;

template <class Sync>
struct gate_model {
    explicit gate_model(std::int64_t in_the_air) : gate(in_the_air) {
        check(gate.take(in_the_air) == in_the_air, "all flights were free");
    }

    // A runner took the lane, which is scheduled, from the ready set.
    void arrive() {
        if (gate.keep()) {
            return;
        }
        check(gate.take(1) == 1, "a runner that is let in finds a flight");
        served.write(served.read() + 1);  // two at once are a race
        seen.fetch_add(1, std::memory_order_relaxed);
    }
    // A flight ends; as end() says, the lane goes into the ready set, where a runner takes it.
    void end() {
        if (gate.end(1)) {
            arrive();
        }
    }

    flight_gate<Sync> gate;
    plain<int> served{0, "the lane"};
    typename Sync::template atomic<int> seen{0};
};

template <class Sync>
scenario flights_end(int count) {
    return [count](world& world) {
        auto& model = world.make<gate_model<Sync>>(count);
        world.task("runner", [&model] { model.arrive(); });
        for (int index = 0; index < count; ++index) {
            world.task("flight", [&model] { model.end(); });
        }
        world.at_end([&model] {
            check(model.seen.load(std::memory_order_relaxed) == 1, "the lane was served once");
        });
    };
}

plan named(const char* name) {
    plan made;
    made.name = std::string("flight_gate.") + name;
    return made;
}

TEST(flight_gate, neither_loses_nor_doubles_a_scheduled_lane) {
    expect_holds(named("one"), flights_end<explored_sync>(1));
}

TEST(flight_gate, gives_the_lane_to_one_of_several_flights_that_end) {
    expect_holds(named("two"), flights_end<explored_sync>(2));
}

}  // namespace
