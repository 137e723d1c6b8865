// SPDX-License-Identifier: MIT
#include "registry/read_sections.hpp"

#include "litmus/weakened_sync.hpp"
#include "support/explore/expect.hpp"
#include "support/explore/plain.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <vector>

// A replaced route is freed when no publisher can still hold it: publishers read routes inside read
// sections, a writer swaps the route, waits for a grace period and retires the old one.
namespace {

using namespace stentor::explore;
using stentor::detail::grace_period;
using stentor::detail::read_section;

struct route_model {
    explicit route_model(int number) : contents(number, "route") {}
    plain<int> contents;
};

// Orders of the route pointer itself are the caller's: release and acquire, as in route.hpp.
template <class Sync>
struct registry_model {
    registry_model() { current.name("current"); }

    void publish(std::size_t publisher) {
        sections[publisher].enter();
        const auto* route = current.load(std::memory_order_acquire);
        route->contents.read();
        sections[publisher].exit();
    }

    void replace(route_model& with) {
        auto* old = current.exchange(&with, std::memory_order_acq_rel);
        Sync::heavy_fence();
        grace_period<Sync> grace;
        for (const auto& section : sections) {
            grace.observe(section);
        }
        while (!grace.elapsed()) {
            Sync::pause();
        }
        old->contents.retire();
    }

    std::array<route_model, 3> routes{route_model(0), route_model(1), route_model(2)};
    typename Sync::template atomic<route_model*> current{&routes[0]};
    std::array<read_section<Sync>, 2> sections;
};

template <class Sync>
scenario route_swap(int publishers, int publishes, int swaps) {
    return [=](world& world) {
        auto& registry = world.make<registry_model<Sync>>();
        static constexpr const char* names[] = {"publisher 0", "publisher 1"};
        for (int index = 0; index < publishers; ++index) {
            world.task(names[index], [&registry, index, publishes] {
                for (int count = 0; count < publishes; ++count) {
                    registry.publish(static_cast<std::size_t>(index));
                }
            });
        }
        world.task("writer", [&registry, swaps] {
            for (int swap = 1; swap <= swaps; ++swap) {
                registry.replace(registry.routes[static_cast<std::size_t>(swap)]);
            }
        });
        world.at_end([&registry, swaps] {
            for (int number = 0; number < 3; ++number) {
                check(registry.routes[static_cast<std::size_t>(number)].contents.retired() ==
                          (number < swaps),
                      "each replaced route is retired, and no other");
            }
        });
    };
}

// The short way of a publisher: what it found by a route stays good while the version stays, which
// is counted up after each swap. As engine::publish_short(), remember() and swap_route().
template <class Sync>
struct remembered_model {
    void publish() {
        section.enter();
        const auto now = version.load(std::memory_order_acquire);
        if (known == nullptr || known_version != now) {
            known = current.load(std::memory_order_acquire);
            known_version = now;
        }
        known->contents.read();
        section.exit();
    }

    void replace(std::size_t with, bool counts) {
        auto* old = current.exchange(&routes[with], std::memory_order_acq_rel);
        if (counts) {
            version.fetch_add(1, std::memory_order_release);
        }
        Sync::heavy_fence();
        grace_period<Sync> grace;
        grace.observe(section);
        while (!grace.elapsed()) {
            Sync::pause();
        }
        old->contents.retire();
        if (!counts) {
            version.fetch_add(1, std::memory_order_release);
        }
    }

    std::array<route_model, 3> routes{route_model(0), route_model(1), route_model(2)};
    typename Sync::template atomic<route_model*> current{&routes[0]};
    typename Sync::template atomic<std::uint64_t> version{1};
    read_section<Sync> section;
    // The publisher's own.
    route_model* known = nullptr;
    std::uint64_t known_version = 0;
};

template <class Sync>
scenario remembered_route(bool counts_before_the_fence) {
    return [=](world& world) {
        auto& model = world.make<remembered_model<Sync>>();
        world.task("publisher", [&model] {
            for (int count = 0; count < 3; ++count) {
                model.publish();
            }
        });
        world.task("writer", [&model, counts_before_the_fence] {
            model.replace(1, counts_before_the_fence);
            model.replace(2, counts_before_the_fence);
        });
    };
}

// A publisher that calls handlers itself: it takes the route from its section into another one,
// which lasts as long as the calls. As engine::begin_inlined() and begin_grace().
template <class Sync>
struct calling_model {
    void publish(bool nested) {
        section.enter();
        const auto* route = current.load(std::memory_order_acquire);
        calling.enter();
        section.exit();
        route->contents.read();
        if (nested) {  // by a handler, into a lane
            section.enter();
            current.load(std::memory_order_acquire)->contents.read();
            section.exit();
            route->contents.read();
        }
        calling.exit();
    }

    void replace(std::size_t with, bool follows) {
        auto* old = current.exchange(&routes[with], std::memory_order_acq_rel);
        Sync::heavy_fence();
        grace_period<Sync> grace;
        if (follows) {
            grace.observe(section, calling);
        } else {
            grace.observe(section);
            grace.observe(calling);
        }
        while (!grace.elapsed()) {
            Sync::pause();
        }
        old->contents.retire();
    }

    std::array<route_model, 3> routes{route_model(0), route_model(1), route_model(2)};
    typename Sync::template atomic<route_model*> current{&routes[0]};
    read_section<Sync> section;
    read_section<Sync> calling;
};

template <class Sync>
scenario calls_inside(int publishes, bool nested, bool follows) {
    return [=](world& world) {
        auto& model = world.make<calling_model<Sync>>();
        world.task("publisher", [&model, publishes, nested] {
            for (int count = 0; count < publishes; ++count) {
                model.publish(nested);
            }
        });
        world.task("writer", [&model, follows] {
            model.replace(1, follows);
            model.replace(2, follows);
        });
    };
}

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("read_sections.") + name;
    made.models = std::move(models);
    return made;
}

TEST(read_sections, never_retire_a_route_that_a_publisher_holds) {
    expect_holds(named("one_publisher"), route_swap<explored_sync>(1, 3, 2));
}

TEST(read_sections, never_retire_a_route_that_one_of_two_publishers_holds) {
    expect_holds(named("two_publishers"), route_swap<explored_sync>(2, 2, 1));
}

TEST(read_sections, never_retire_a_route_that_a_publisher_remembers) {
    expect_holds(named("remembered"), remembered_route<explored_sync>(true));
}

TEST(read_sections, never_retire_a_route_that_a_publisher_took_into_its_calls) {
    expect_holds(named("calls"), calls_inside<explored_sync>(2, false, true));
    expect_holds(named("nested_calls"), calls_inside<explored_sync>(1, true, true));
}

TEST(read_sections_mutant, that_looks_for_calls_once_is_found) {
    expect_found(named("calls_once", {memory_model::sc, memory_model::tso, memory_model::weak}),
                 calls_inside<explored_sync>(2, false, false), "route");
}

TEST(read_sections_mutant, that_counts_versions_too_late_is_found) {
    expect_found(named("late_version"), remembered_route<explored_sync>(false), "route");
}

TEST(read_sections_mutant, without_the_heavy_fence_is_found) {
    expect_found(named("no_heavy_fence", {memory_model::tso, memory_model::weak}),
                 route_swap<weakened_sync<without_heavy_fence>>(1, 2, 1), "route");
}

// x86 forgives it, since the processor is fenced from outside; a compiler would not.
TEST(read_sections_mutant, without_the_light_fence_is_found) {
    expect_found(named("no_light_fence", {memory_model::weak}),
                 route_swap<weakened_sync<without_light_fence>>(1, 2, 1), "route");
}

TEST(read_sections_mutant, that_leaves_without_release_is_found) {
    expect_found(named("no_release", {memory_model::sc, memory_model::tso, memory_model::weak}),
                 route_swap<weakened_sync<without_release>>(1, 2, 1), "data race: route");
}

TEST(read_sections_mutant, whose_writer_looks_without_acquire_is_found) {
    expect_found(named("no_acquire", {memory_model::sc, memory_model::tso, memory_model::weak}),
                 route_swap<weakened_sync<without_acquire>>(1, 2, 1), "data race: route");
}

}  // namespace
