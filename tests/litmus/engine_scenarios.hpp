// SPDX-License-Identifier: MIT
#pragma once

#include "litmus/engine_model.hpp"
#include "support/explore/explore.hpp"

#include <string>
#include <vector>

// What the engine's protocol is put through: who publishes where, to how many runners.
namespace stentor::explore {

struct engine_load {
    engine_limits limits{};
    // For each publisher, the lanes that its events go to, one after the other.
    std::vector<std::vector<std::size_t>> publishers;
    std::vector<std::size_t> slow_lanes{};
};

template <class Sync>
void check_all_handled(const engine_model<Sync>& engine, int published) {
    check(engine.handled() == published, "every event was handled once");
    check(engine.lanes_idle(), "lost wake-up: a lane is ready, but nobody was woken for it");
}

inline constexpr const char* runner_names[] = {"runner 0", "runner 1", "runner 2", "runner 3"};

// Handlers that end. No event is stranded, whoever parks meanwhile.
template <class Sync>
scenario quick_events(const engine_load& load, const caller_rules& rules = {}) {
    return [load, rules](world& world) {
        auto& engine = world.make<engine_model<Sync>>(load.limits, rules);
        for (const auto lane : load.slow_lanes) {
            engine.set_slow(lane, true);
        }
        int published = 0;
        for (std::size_t index = 0; index < load.publishers.size(); ++index) {
            published += static_cast<int>(load.publishers[index].size());
            world.task(index == 0 ? "publisher 0" : "publisher 1", [&engine, &load, index] {
                for (const auto lane : load.publishers[index]) {
                    engine.publish(index, lane);
                }
            });
        }
        for (std::uint32_t index = 0; index < load.limits.runners; ++index) {
            world.daemon(runner_names[index], [&engine, index] { engine.run(index); });
        }
        world.at_end([&engine, published] { check_all_handled(engine, published); });
    };
}

// One handler waits until another event was handled: its lane is the last of `before`, that of the
// other event is `second`; quick events in the other lanes of `before` come first. Only a second
// runner can end it. A lane whose calls are known to be long is stepped out of; one that is slow by
// surprise is not, and then only a runner that may be active beside it can help.
template <class Sync>
scenario slow_call(const engine_limits& limits, const std::vector<std::size_t>& before,
                   std::size_t second, bool known, const caller_rules& rules = {}) {
    return [=](world& world) {
        using engine_type = engine_model<Sync>;
        using runner = typename engine_type::runner;
        struct state {
            state(const engine_limits& limits, const caller_rules& rules) : engine(limits, rules) {
                released.name("released");
            }
            engine_type engine;
            explore::atomic<std::uint32_t> released{0};
        };
        auto& shared = world.make<state>(limits, rules);
        shared.engine.set_slow(before.back(), known);
        world.task("publisher 0", [&shared, &before, second] {
            for (std::size_t at = 0; at + 1 < before.size(); ++at) {
                shared.engine.publish(0, before[at]);
            }
            shared.engine.publish(0, before.back(), [&shared](engine_type&, runner&, std::size_t) {
                while (shared.released.load(std::memory_order_acquire) == 0) {
                    futex_wait(shared.released, 0);
                }
            });
            shared.engine.publish(0, second, [&shared](engine_type&, runner&, std::size_t) {
                shared.released.store(1, std::memory_order_release);
                futex_wake(shared.released, 1);
            });
        });
        for (std::uint32_t index = 0; index < limits.runners; ++index) {
            world.daemon(runner_names[index], [&shared, index] { shared.engine.run(index); });
        }
        world.at_end([&shared, &before] {
            check_all_handled(shared.engine, static_cast<int>(before.size()) + 1);
        });
    };
}

}  // namespace stentor::explore
