// SPDX-License-Identifier: MIT
#include "resilience/room.hpp"

#include "litmus/every_schedule.hpp"
#include "litmus/torn_sync.hpp"
#include "litmus/weakened_sync.hpp"
#include "support/explore/expect.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>

// A bulkhead: never more inside than its limit, and whoever was refused hears of room.
namespace {

using namespace stentor::explore;
using stentor::detail::room;

// Whoever finds the room full and the mark set goes away on what it read.
template <class Sync>
class hasty_room {
public:
    explicit hasty_room(std::uint32_t limit) : limit_(limit) {}
    bool enter() noexcept {
        auto word = word_.load(std::memory_order_acquire);
        for (;;) {
            const bool full = static_cast<std::uint32_t>(word) >= limit_;
            if (full && (word & refused) != 0) {
                return false;
            }
            if (word_.compare_exchange_strong(word, full ? word | refused : word + 1,
                                              std::memory_order_acq_rel,
                                              std::memory_order_acquire)) {
                return !full;
            }
        }
    }
    bool leave() noexcept {
        auto word = word_.load(std::memory_order_relaxed);
        while (!word_.compare_exchange_strong(
            word, (word & ~refused) - 1, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        }
        return (word & refused) != 0;
    }
    [[nodiscard]] std::uint32_t inside() const noexcept {
        return static_cast<std::uint32_t>(word_.load(std::memory_order_relaxed));
    }

private:
    static constexpr std::uint64_t refused = std::uint64_t{1} << 32U;
    typename Sync::template atomic<std::uint64_t> word_{0};
    const std::uint32_t limit_;
};

constexpr std::size_t callers = 3;

template <class Room>
struct room_model {
    explicit room_model(std::uint32_t most) : space(most), limit(static_cast<int>(most)) {}

    // Makes itself known, tries, and waits to be told.
    void call(std::size_t me) {
        known[me].store(1, std::memory_order_relaxed);
        while (!space.enter()) {
            futex_wait(bells[me], 0);
            bells[me].store(0, std::memory_order_seq_cst);
        }
        check(++inside <= limit, "no more are inside than may be");
        yield();
        --inside;
        if (space.leave()) {
            tell_all();
        }
    }
    void tell_all() {
        for (std::size_t who = 0; who < callers; ++who) {
            if (known[who].load(std::memory_order_relaxed) == 1) {
                bells[who].store(1, std::memory_order_seq_cst);
                futex_wake(bells[who], 1);
            }
        }
    }

    Room space;
    const int limit;
    int inside = 0;
    // relaxed: the room orders them.
    std::array<explored_sync::atomic<std::uint32_t>, callers> known{};
    std::array<explored_sync::atomic<std::uint32_t>, callers> bells{};
};

template <class Room>
scenario three_callers(std::uint32_t limit) {
    return [limit](world& world) {
        auto& model = world.make<room_model<Room>>(limit);
        static constexpr std::array names{"caller 0", "caller 1", "caller 2"};
        for (std::size_t who = 0; who < callers; ++who) {
            world.task(names[who], [&model, who] { model.call(who); });
        }
        world.at_end([&model] { check(model.space.inside() == 0, "every place has come back"); });
    };
}

// Nobody waits: who is refused goes away, and somebody is told of that.
scenario passers_by(std::uint32_t limit) {
    return [limit](world& world) {
        struct state {
            explicit state(std::uint32_t most) : space(most) {}
            room<explored_sync> space;
            std::uint32_t inside = 0;
            int refused = 0;
            int told = 0;
        };
        auto& shared = world.make<state>(limit);
        static constexpr std::array names{"caller 0", "caller 1", "caller 2"};
        for (const auto* name : names) {
            world.task(name, [&shared, limit] {
                if (!shared.space.enter()) {
                    ++shared.refused;
                    return;
                }
                check(++shared.inside <= limit, "no more are inside than may be");
                --shared.inside;
                shared.told += shared.space.leave() ? 1 : 0;
            });
        }
        world.at_end([&shared] {
            check(shared.space.inside() == 0, "every place has come back");
            check(shared.told <= shared.refused, "nobody is told for nothing");
            check((shared.told > 0) == (shared.refused > 0), "a refusal is told");
        });
    };
}

plan named(const char* name, std::vector<memory_model> models = plan{}.models) {
    plan made;
    made.name = std::string("room.") + name;
    made.models = std::move(models);
    return made;
}

TEST(room, keeps_its_limit_in_every_schedule_of_three_callers) {
    expect_every_schedule("room.every_one", passers_by(1), 4);
    expect_every_schedule("room.every_two", passers_by(2), 4);
}

TEST(room, admits_one_of_three_and_tells_the_others) {
    expect_holds(named("one"), three_callers<room<explored_sync>>(1));
}

TEST(room, admits_two_of_three_and_tells_the_other) {
    expect_holds(named("two"), three_callers<room<explored_sync>>(2));
}

TEST(room_mutant, that_changes_in_two_steps_is_found) {
    expect_found(named("torn"), three_callers<room<torn_sync>>(1), "");
}

TEST(room_mutant, that_goes_away_on_an_old_word_is_found) {
    expect_found(named("hasty", {memory_model::weak}), three_callers<hasty_room<explored_sync>>(1),
                 "tasks wait for ever");
}

TEST(room_mutant, without_release_is_found) {
    expect_found(named("no_release", {memory_model::weak}),
                 three_callers<room<weakened_sync<without_release>>>(1), "tasks wait for ever");
}

TEST(room_mutant, without_acquire_is_found) {
    expect_found(named("no_acquire", {memory_model::weak}),
                 three_callers<room<weakened_sync<without_acquire>>>(1), "tasks wait for ever");
}

}  // namespace
