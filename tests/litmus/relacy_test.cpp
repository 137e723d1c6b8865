// SPDX-License-Identifier: MIT
// clang-format off: the order matters
#include "lane/credit_pool.hpp"
#include "lane/lane_state.hpp"
#include "registry/call_guard.hpp"
#include "registry/held_turns.hpp"
#include "registry/read_sections.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>

#include "litmus/relacy_sync.hpp"  // last, because it redefines names
// clang-format on

// Relacy replaces the plain forms of `new` and `delete`; the sized one must go the same way.
void operator delete(void* memory, std::size_t) noexcept {
    ::operator delete(memory);
}

// The kernels under Relacy, each with mutants that it must find.
namespace {

using namespace stentor::litmus;
using stentor::detail::basic_held_turns;
using stentor::detail::basic_turn;
using stentor::detail::call_guard;
using stentor::detail::credit_cache;
using stentor::detail::credit_centre;
using stentor::detail::grace_period;
using stentor::detail::lane_state;
using stentor::detail::read_section;
using stentor::detail::turn_look;

constexpr std::uint64_t executions_default = 100'000;

std::uint64_t executions() {
    const char* text = std::getenv("STENTOR_EXPLORE_SCHEDULES");
    return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 0) : executions_default;
}

template <class Test>
void expect_holds() {
    EXPECT_EQ("", simulate<Test>(executions()));
    EXPECT_EQ("", simulate<Test>(executions(), rl::sched_bound));
}

template <class Test>
void expect_found(const std::string& fault) {
    const auto report = simulate<Test>(executions_default * 10);
    EXPECT_NE(report.find(fault), std::string::npos) << "report: " << report;
}

constexpr auto relaxed = std::memory_order::relaxed;
constexpr auto acquire = std::memory_order::acquire;
constexpr auto release = std::memory_order::release;

// --- Relacy itself -------------------------------------------------------------------------------

template <class Weakness>
struct hand_over : rl::test_suite<hand_over<Weakness>, 2> {
    typename relacy_sync<Weakness>::template atomic<bool> there{false};
    rl::var<int> cargo{0};

    void thread(unsigned index) {
        if (index == 0) {
            cargo($) = 1;
            there.store(true, release);
        } else if (there.load(acquire)) {
            RL_ASSERT(cargo($) == 1);
        }
    }
};

TEST(relacy, finds_missing_orders_of_a_hand_over) {
    expect_holds<hand_over<as_asked>>();
    expect_found<hand_over<without_release>>("DATA RACE");
    expect_found<hand_over<without_acquire>>("DATA RACE");
}

// --- lane_state ----------------------------------------------------------------------------------

// Publishers enqueue; runners drain what they are told of, and leave. In the end every event is
// dequeued, or the lane waits for a runner. What belongs to whoever is inside goes from one to the
// next by the lane's word alone: the ready set here orders nothing.
template <class Weakness, bool Recounts = true>
struct lane_edge : rl::test_suite<lane_edge<Weakness, Recounts>, 4> {
    using sync = relacy_sync<Weakness>;

    lane_state<sync> state{1};
    std::array<typename sync::template atomic<std::uint32_t>, 2> enqueued;
    typename sync::template atomic<std::uint32_t> dequeued{0};
    typename sync::template atomic<std::uint32_t> ready{0};
    rl::var<std::uint32_t> kept_inside{0};

    void thread(unsigned index) {
        if (index < 2) {
            auto& counter = enqueued[index];
            counter.store(counter.load(relaxed) + 1, relaxed);
            if (state.claim_after_enqueue()) {
                ready.fetch_add(1, relaxed);
            }
        } else {
            serve();
        }
    }

    void serve() {
        std::uint32_t one = 1;
        if (!ready.compare_exchange_strong(one, 0, relaxed, relaxed)) {
            return;
        }
        RL_ASSERT(state.enter());
        const auto count = backlog();
        kept_inside($) = kept_inside($) + count;
        dequeued.fetch_add(count, relaxed);
        if (state.leave([this] { return Recounts && backlog() != 0; })) {
            ready.fetch_add(1, relaxed);
        }
    }

    std::uint32_t backlog() {
        const auto gone = dequeued.load(acquire);
        return enqueued[0].load(relaxed) + enqueued[1].load(relaxed) - gone;
    }

    void after() {
        RL_ASSERT(ready.load(relaxed) <= 1);
        RL_ASSERT(backlog() == 0 || ready.load(relaxed) == 1);
        RL_ASSERT(state.idle() == (ready.load(relaxed) == 0));
    }
};

TEST(relacy_lane_state, strands_no_event) {
    expect_holds<lane_edge<as_asked>>();
}

TEST(relacy_lane_state_mutant, without_fences_is_found) {
    expect_found<lane_edge<without_fences>>("ASSERT");
}

TEST(relacy_lane_state_mutant, without_orders_is_found) {
    expect_found<lane_edge<without_release>>("DATA RACE");
    expect_found<lane_edge<without_acquire>>("DATA RACE");
}

TEST(relacy_lane_state_mutant, that_does_not_recount_is_found) {
    expect_found<lane_edge<as_asked, false>>("ASSERT");
}

// --- credit_pool ---------------------------------------------------------------------------------

// One credit, one place: whoever holds the credit may use the place.
template <class Weakness>
struct one_place : rl::test_suite<one_place<Weakness>, 3> {
    using sync = relacy_sync<Weakness>;

    credit_centre<sync> centre{1};
    rl::var<int> place{0};

    void thread(unsigned) {
        for (int tries = 0; tries < 2; ++tries) {
            if (centre.take(1, 0) == 1) {
                place($) = place($) + 1;
                centre.give(1);
            }
        }
    }

    void after() { RL_ASSERT(centre.available() == 1); }
};

// The owner uses its cache inside its section, another publisher sweeps it.
template <class Weakness, bool LooksForOwner = true>
struct swept_cache : rl::test_suite<swept_cache<Weakness, LooksForOwner>, 2> {
    using sync = relacy_sync<Weakness>;

    credit_centre<sync> centre{0};
    credit_cache<sync> cache;
    read_section<sync> section;
    std::int64_t used = 0;

    void before() {
        section.enter();
        RL_ASSERT(cache.add(2));
        section.exit();
    }

    void thread(unsigned index) {
        if (index == 0) {
            for (int publish = 0; publish < 2; ++publish) {
                section.enter();
                used += cache.take(1);
                section.exit();
            }
        } else {
            for (int sweep = 0; sweep < 2; ++sweep) {
                centre.give(stentor::detail::sweep_caches<sync>([this](auto&& visit) {
                    visit(cache,
                          [this] { return LooksForOwner && section.inside(section.count()); });
                }));
            }
        }
    }

    void after() { RL_ASSERT(used + cache.held() + centre.available() == 2); }
};

TEST(relacy_credit_pool, hands_a_place_on_only_when_its_user_is_done) {
    expect_holds<one_place<as_asked>>();
}

TEST(relacy_credit_pool, sweeps_no_cache_that_is_in_use) {
    expect_holds<swept_cache<as_asked>>();
}

TEST(relacy_credit_pool_mutant, without_orders_is_found) {
    expect_found<one_place<without_release>>("DATA RACE");
    expect_found<one_place<without_acquire>>("DATA RACE");
}

TEST(relacy_credit_pool_mutant, that_sweeps_an_owner_at_work_is_found) {
    expect_found<swept_cache<as_asked, false>>("ASSERT");
    expect_found<swept_cache<without_fences>>("ASSERT");
}

// --- call_guard ----------------------------------------------------------------------------------

// A runner calls one subscription after the other; somebody unsubscribes the first.
template <class Weakness>
struct barrier : rl::test_suite<barrier<Weakness>, 2> {
    using sync = relacy_sync<Weakness>;
    struct subscription {
        typename sync::template atomic<bool> closed{false};
        rl::var<int> captures{0};
    };

    std::array<subscription, 2> subscriptions;
    call_guard<sync, subscription> guard;

    void thread(unsigned index) {
        if (index == 0) {
            for (auto& to : subscriptions) {
                const auto* before = guard.enter(&to);
                if (!to.closed.load(relaxed)) {
                    RL_ASSERT(to.captures($) == 0);
                }
                guard.exit(before);
            }
        } else {
            auto& first = subscriptions[0];
            first.closed.store(true, release);
            sync::heavy_fence();
            while (guard.holds(&first)) {
                sync::pause();
            }
            first.captures($) = 1;
        }
    }
};

TEST(relacy_call_guard, lets_no_call_run_after_unsubscribe) {
    expect_holds<barrier<as_asked>>();
}

TEST(relacy_call_guard_mutant, is_found) {
    expect_found<barrier<without_fences>>("DATA RACE");
    expect_found<barrier<without_release>>("DATA RACE");
    expect_found<barrier<without_acquire>>("DATA RACE");
}

// --- read_sections -------------------------------------------------------------------------------

// A publisher reads routes; a writer swaps the route and reuses the old one when it may.
template <class Weakness>
struct route_swap : rl::test_suite<route_swap<Weakness>, 2> {
    using sync = relacy_sync<Weakness>;
    struct route {
        rl::var<int> contents{0};
    };

    std::array<route, 2> routes;
    typename relacy_sync<>::template atomic<route*> current{&routes[0]};
    read_section<sync> section;

    void thread(unsigned index) {
        if (index == 0) {
            for (int publish = 0; publish < 2; ++publish) {
                section.enter();
                RL_ASSERT(current.load(acquire)->contents($) == 0);
                section.exit();
            }
        } else {
            auto* old = current.exchange(&routes[1], std::memory_order::acq_rel);
            sync::heavy_fence();
            grace_period<sync> grace;
            grace.observe(section);
            while (!grace.elapsed()) {
                sync::pause();
            }
            old->contents($) = 1;
        }
    }
};

TEST(relacy_read_sections, never_retire_a_route_in_use) {
    expect_holds<route_swap<as_asked>>();
}

TEST(relacy_read_sections_mutant, is_found) {
    expect_found<route_swap<without_fences>>("DATA RACE");
    expect_found<route_swap<without_release>>("DATA RACE");
    expect_found<route_swap<without_acquire>>("DATA RACE");
}

// --- held_turns ----------------------------------------------------------------------------------

// Two deliveries end while a runner looks at the third, which comes after both. Whoever gets the
// third begins it once, and sees what the others did.
template <class Weakness, bool TakesDownFirst = true>
struct after_both : rl::test_suite<after_both<Weakness, TakesDownFirst>, 3> {
    using sync = relacy_sync<Weakness>;
    struct turn : basic_turn<sync, turn> {
        using basic_turn<sync, turn>::basic_turn;
    };
    using list = basic_held_turns<sync, turn>;

    turn third{2};
    list held;
    typename list::counts_type counts;
    std::array<rl::var<int>, 2> work{};
    rl::var<int> begun{0};

    void thread(unsigned index) {
        if (index == 2) {
            if (third.look(true) == turn_look::has_come || !held.enter(third, counts)) {
                begin();
            }
            return;
        }
        work[index]($) = 1;
        if (ended()) {
            begin();
        }
    }

    bool ended() {
        if constexpr (TakesDownFirst) {
            return third.one_ended(true) && held.leave(third, counts);
        } else {
            const bool was_held = held.leave(third, counts);
            static_cast<void>(third.one_ended(true));
            return was_held;
        }
    }

    void begin() {
        RL_ASSERT(third.look(true) == turn_look::has_come);
        RL_ASSERT(work[0]($) + work[1]($) == 2);
        begun($) = begun($) + 1;
    }

    void after() { RL_ASSERT(begun($) == 1); }
};

TEST(relacy_held_turns, begin_once_after_both) {
    expect_holds<after_both<as_asked>>();
}

TEST(relacy_held_turns_mutant, is_found) {
    expect_found<after_both<without_release>>("DATA RACE");
    expect_found<after_both<without_acquire>>("DATA RACE");
    expect_found<after_both<as_asked, false>>("ASSERT");
}

}  // namespace
