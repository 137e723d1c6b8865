// SPDX-License-Identifier: MIT
#include "lane/credit_pool.hpp"

#include "litmus/weakened_sync.hpp"
#include "registry/read_sections.hpp"
#include "support/explore/expect.hpp"
#include "support/explore/plain.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

// Admission (C8): outstanding never exceeds a capacity, nobody is refused while a credit is free
// and nobody else is in the middle of an operation, and no credit is lost or made.
namespace {

using namespace stentor::explore;
using stentor::detail::credit_cache;
using stentor::detail::credit_centre;
using stentor::detail::read_section;
using stentor::detail::refill;

struct pool_rules {
    bool sweeps = true;
    bool looks_for_the_owner = true;  // before a cache is swept
    bool returns_shortage = true;     // gives the lane's credits back when the bus has too few
    bool spares_the_reserve = true;   // caches none of its credits
};

struct pool_limits {
    std::int64_t lane = 1;
    std::int64_t bus = 1;
    std::int64_t chunk = 1;
    bool judge_refusals = true;
    std::int64_t before = 0;  // entries that are outstanding from the start
};

enum class caller { ordinary, handler };  // a handler may use the reserves

// One lane of a bus, as publishers and runners use it.
template <class Sync>
class pool_model {
public:
    explicit pool_model(const pool_limits& limits, const pool_rules& rules = {})
        : limits_(limits),
          rules_(rules),
          lane_(limits.lane),
          bus_(limits.bus),
          outstanding_(limits.before),
          ordinary_(limits.before) {
        check(lane_.take(limits.before, 0) == limits.before, "there is room for these");
        check(bus_.take(limits.before, 0) == limits.before, "there is room for these");
    }

    bool admit(std::size_t publisher, caller who = caller::ordinary) {
        const bool alone = in_flight_ == 0;
        const int mine = ++started_;
        ++in_flight_;
        sections_[publisher].enter();
        const bool admitted = take(publisher, who);
        sections_[publisher].exit();
        --in_flight_;
        if (admitted) {
            ++outstanding_;
            check(outstanding_ <= limits_.lane, "outstanding <= capacity of the lane");
            check(outstanding_ <= limits_.bus, "outstanding <= capacity of the bus");
            ordinary_ += who == caller::ordinary ? 1 : 0;
            check(ordinary_ <= room(caller::ordinary), "the reserve is the handlers'");
        } else if (limits_.judge_refusals && alone && started_ == mine) {
            check(outstanding_ >= room(who), "nobody is refused while a credit is free");
        }
        return admitted;
    }

    void settle(caller who = caller::ordinary) {
        --outstanding_;
        ordinary_ -= who == caller::ordinary ? 1 : 0;
        ++started_;
        ++in_flight_;
        lane_.give(1);
        bus_.give(1);
        --in_flight_;
    }

    // How many may be outstanding.
    [[nodiscard]] std::int64_t room(caller who) const {
        const bool all = who == caller::handler;
        return std::min(limits_.lane - (all ? 0 : lane_.reserve()),
                        limits_.bus - (all ? 0 : bus_.reserve()));
    }
    [[nodiscard]] std::int64_t outstanding() const { return outstanding_; }

    void check_end() const {
        std::int64_t cached = 0;
        for (const auto& cache : caches_) {
            cached += cache.held();
        }
        check(ordinary_ + cached <= room(caller::ordinary),
              "cached credits never come out of the reserve");
        check(lane_.available() + cached + outstanding_ == limits_.lane,
              "no credit of the lane is lost or made");
        check(bus_.available() + cached + outstanding_ == limits_.bus,
              "no credit of the bus is lost or made");
    }

private:
    // As engine::send_one() and take_credits().
    bool take(std::size_t publisher, caller who) {
        auto& cache = caches_[publisher];
        if (cache.take_one()) {
            return true;
        }
        if (!rules_.returns_shortage) {
            return lane_.take(1, 0) == 1 && bus_.take(1, 0) == 1;
        }
        if (!rules_.spares_the_reserve && who == caller::handler) {
            return lane_.take(limits_.chunk, 0) == limits_.chunk &&
                   bus_.take(limits_.chunk, 0) == limits_.chunk && cache.add(limits_.chunk - 1);
        }
        refill<Sync> step{lane_, bus_, cache, limits_.chunk, who == caller::handler};
        const auto sweep = [this, publisher] { return sweep_caches(publisher); };
        return step.run(1, sweep, sweep) == 1;
    }

    std::int64_t sweep_caches(std::size_t mine) {
        const auto moved = stentor::detail::sweep_caches<Sync>([&](auto&& visit) {
            for (std::size_t index = 0; rules_.sweeps && index < caches_.size(); ++index) {
                visit(caches_[index], [&, index] {
                    const auto& section = sections_[index];
                    return rules_.looks_for_the_owner && index != mine &&
                           section.inside(section.count());
                });
            }
        });
        if (moved > 0) {
            lane_.give(moved);
            bus_.give(moved);
        }
        return moved;
    }

    const pool_limits limits_;
    const pool_rules rules_;
    credit_centre<Sync> lane_;
    credit_centre<Sync> bus_;
    std::array<credit_cache<Sync>, 2> caches_;
    std::array<read_section<Sync>, 2> sections_;
    // Exact when no operation is in flight.
    std::int64_t outstanding_;
    std::int64_t ordinary_;  // of these, such as must leave the reserves alone
    int in_flight_ = 0;
    int started_ = 0;
};

// Two publishers try to get entries in; a runner settles what there is.
template <class Sync>
scenario publish_and_settle(const pool_limits& limits, int tries, const pool_rules& rules = {}) {
    return [=](world& world) {
        struct state {
            state(const pool_limits& limits, const pool_rules& rules) : pool(limits, rules) {}
            pool_model<Sync> pool;
            int queued = 0;
            int publishers = 2;
        };
        auto& shared = world.make<state>(limits, rules);
        const auto publish = [&shared, tries](std::size_t publisher) {
            for (int count = 0; count < tries; ++count) {
                shared.queued += shared.pool.admit(publisher) ? 1 : 0;
            }
            --shared.publishers;
        };
        world.task("publisher 0", [publish] { publish(0); });
        world.task("publisher 1", [publish] { publish(1); });
        world.task("runner", [&shared] {
            while (shared.publishers > 0 || shared.queued > 0) {
                if (shared.queued > 0) {
                    --shared.queued;
                    shared.pool.settle();
                } else {
                    Sync::pause();
                }
            }
        });
        world.at_end([&shared] { shared.pool.check_end(); });
    };
}

// No runner: one publisher uses what it cached, while the other looks for credits.
template <class Sync>
scenario publish_only(const pool_limits& limits, const pool_rules& rules = {}) {
    return [=](world& world) {
        auto& pool = world.make<pool_model<Sync>>(limits, rules);
        world.task("publisher 0", [&pool] {
            static_cast<void>(pool.admit(0));
            static_cast<void>(pool.admit(0));
        });
        world.task("publisher 1", [&pool] { static_cast<void>(pool.admit(1)); });
        world.at_end([&pool] { pool.check_end(); });
    };
}

// All is full but for the reserve. A handler publishes, and so do others; an entry is settled.
template <class Sync>
scenario handler_on_a_full_bus(const pool_limits& limits, const pool_rules& rules = {}) {
    return [=](world& world) {
        auto& pool = world.make<pool_model<Sync>>(limits, rules);
        world.task("handler", [&pool] {
            check(pool.admit(0, caller::handler), "there is a reserve for handlers");
            static_cast<void>(pool.admit(0));
        });
        world.task("publisher", [&pool] { static_cast<void>(pool.admit(1)); });
        world.task("runner", [&pool] { pool.settle(); });
        world.at_end([&pool] { pool.check_end(); });
    };
}

// One publisher caches all credits, perhaps settles, and tells the other, who must get every credit
// that is free. Under every memory model: a credit is free if its return happened before.
template <class Sync>
scenario told_of_a_free_credit(const pool_limits& limits, bool settles,
                               const pool_rules& rules = {}) {
    return [=](world& world) {
        struct state {
            state(const pool_limits& limits, const pool_rules& rules) : pool(limits, rules) {}
            pool_model<Sync> pool;
            explored_sync::atomic<bool> done{false};
        };
        auto& shared = world.make<state>(limits, rules);
        world.task("publisher 0", [&shared, settles] {
            check(shared.pool.admit(0), "the first one is admitted");
            if (settles) {
                shared.pool.settle();
            }
            shared.done.store(true, std::memory_order_release);
        });
        world.task("publisher 1", [&shared] {
            while (!shared.done.load(std::memory_order_acquire)) {
                Sync::pause();
            }
            while (shared.pool.outstanding() < shared.pool.room(caller::ordinary)) {
                check(shared.pool.admit(1), "nobody is refused while a credit is free");
            }
        });
    };
}

// With one credit there is one place: whoever is admitted may write where the last one was read.
template <class Sync>
scenario reuse_of_a_place(const pool_limits& limits) {
    return [=](world& world) {
        struct state {
            explicit state(const pool_limits& limits) : pool(limits) {}
            pool_model<Sync> pool;
            explored_sync::atomic<int> filled{0};
            plain<int> place{0, "place"};
        };
        auto& shared = world.make<state>(limits);
        const auto publish = [&shared](std::size_t publisher) {
            for (int tries = 0; tries < 2; ++tries) {
                if (shared.pool.admit(publisher)) {
                    shared.place.write(tries);
                    shared.filled.store(1, std::memory_order_release);
                }
            }
        };
        world.task("publisher 0", [publish] { publish(0); });
        world.task("publisher 1", [publish] { publish(1); });
        world.daemon("runner", [&shared] {
            while (!stopping()) {
                if (shared.filled.load(std::memory_order_acquire) == 0) {
                    Sync::pause();
                    continue;
                }
                shared.place.read();
                // relaxed: it must not be this store that orders the next writer.
                shared.filled.store(0, std::memory_order_relaxed);
                shared.pool.settle();
            }
        });
    };
}

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("credit_pool.") + name;
    made.models = std::move(models);
    return made;
}

// Where stores become visible late, whether a refusal overlapped another publish has no answer.
const std::vector<memory_model> with_global_time{memory_model::sc};
const std::vector<memory_model> without_global_time{memory_model::tso, memory_model::weak};

TEST(credit_pool, admits_no_more_than_one_lane_holds) {
    pool_limits limits{.lane = 2, .bus = 4, .chunk = 2};
    expect_holds(named("lane_short", with_global_time),
                 publish_and_settle<explored_sync>(limits, 2));
    limits.judge_refusals = false;
    expect_holds(named("lane_short", without_global_time),
                 publish_and_settle<explored_sync>(limits, 2));
}

TEST(credit_pool, admits_no_more_than_the_bus_holds) {
    pool_limits limits{.lane = 4, .bus = 2, .chunk = 3};
    expect_holds(named("bus_short", with_global_time),
                 publish_and_settle<explored_sync>(limits, 2));
    limits.judge_refusals = false;
    expect_holds(named("bus_short", without_global_time),
                 publish_and_settle<explored_sync>(limits, 2));
}

const pool_limits cached{.lane = 3, .bus = 3, .chunk = 3};

TEST(credit_pool, refuses_nobody_who_knows_of_a_free_credit) {
    expect_holds(named("told_cached"), told_of_a_free_credit<explored_sync>(cached, false));
    expect_holds(named("told_settled"), told_of_a_free_credit<explored_sync>(cached, true));
}

const pool_limits one_place{.lane = 1, .bus = 1, .chunk = 1, .judge_refusals = false};

TEST(credit_pool, hands_a_place_on_only_when_its_reader_is_done) {
    expect_holds(named("reuse"), reuse_of_a_place<explored_sync>(one_place));
}

// A reserve of two credits, which is all that is left.
const pool_limits only_the_reserve{
    .lane = 20, .bus = 20, .chunk = 2, .judge_refusals = false, .before = 18};

TEST(credit_pool, caches_nothing_of_the_reserve) {
    expect_holds(named("reserve"), handler_on_a_full_bus<explored_sync>(only_the_reserve));
}

TEST(credit_pool_mutant, that_caches_the_reserve_is_found) {
    expect_found(
        named("caches_reserve"),
        handler_on_a_full_bus<explored_sync>(only_the_reserve, {.spares_the_reserve = false}),
        "reserve");
}

TEST(credit_pool_mutant, that_does_not_sweep_is_found) {
    expect_found(named("no_sweep"),
                 told_of_a_free_credit<explored_sync>(cached, false, {.sweeps = false}),
                 "nobody is refused while a credit is free");
}

// Both use a cache of two credits at once: one counts on what the other takes away.
const pool_limits two_in_a_cache{.lane = 2, .bus = 2, .chunk = 2, .judge_refusals = false};

TEST(credit_pool_mutant, that_sweeps_an_owner_at_work_is_found) {
    expect_found(named("no_owner"),
                 publish_only<explored_sync>(two_in_a_cache, {.looks_for_the_owner = false}),
                 "outstanding <= capacity of the lane");
}

TEST(credit_pool_mutant, that_sweeps_without_the_heavy_fence_is_found) {
    expect_found(named("no_heavy_fence", {memory_model::tso, memory_model::weak}),
                 publish_and_settle<weakened_sync<without_heavy_fence>>(two_in_a_cache, 2), "");
}

TEST(credit_pool_mutant, without_the_light_fence_is_found) {
    expect_found(named("no_light_fence", {memory_model::weak}),
                 publish_and_settle<weakened_sync<without_light_fence>>(two_in_a_cache, 2), "");
}

TEST(credit_pool_mutant, that_keeps_what_the_bus_refused_is_found) {
    expect_found(named("keeps_shortage"),
                 publish_and_settle<explored_sync>(
                     {.lane = 2, .bus = 1, .chunk = 1, .judge_refusals = false}, 2,
                     {.returns_shortage = false}),
                 "no credit of the lane is lost or made");
}

TEST(credit_pool_mutant, that_gives_without_release_is_found) {
    expect_found(named("no_release"), reuse_of_a_place<weakened_sync<without_release>>(one_place),
                 "data race: place");
}

TEST(credit_pool_mutant, that_takes_without_acquire_is_found) {
    expect_found(named("no_acquire"), reuse_of_a_place<weakened_sync<without_acquire>>(one_place),
                 "data race: place");
}

}  // namespace
