// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

// How the explorer chooses: who runs next, and how every other open question is answered.
//
// random       every enabled actor is equally likely at every step
// pct          random priorities; the highest enabled one runs, and at `depth - 1` random steps the
//              runner falls to the bottom. Finds a fault that needs `depth` ordered steps with a
//              known least probability (Burckhardt et al., ASPLOS 2010)
// exhaustive   depth-first over every schedule with at most `preemptions` switches away from a task
//              that could have gone on
// replay       one schedule again, from the ticket that a strategy gave for it
namespace stentor::explore {

// Who may act is a set of bits: task t is bit t, "the oldest store in t's buffer reaches memory" is
// bit flush_bit + t, "t's timed wait times out" is bit timeout_bit + t.
using actor_set = std::uint32_t;
inline constexpr unsigned flush_bit = 8;
inline constexpr unsigned timeout_bit = 16;
inline constexpr unsigned actors_max = 24;
inline constexpr actor_set task_actors = 0x0000ff;
inline constexpr actor_set flush_actors = 0x00ff00;
inline constexpr actor_set timeout_actors = 0xff0000;

struct menu {
    actor_set enabled = 0;    // at least two, at least one of them not a timeout
    unsigned current = 0;     // the task that acted last
    bool preempting = false;  // it could go on: to let another act uses up a preemption
    bool paused = false;      // it waits in a loop: whoever waits longest should act
    const std::uint32_t* last_acted = nullptr;  // for each actor, the step of its last act
};

class strategy {
public:
    virtual ~strategy() = default;

    // Called before schedule number `iteration` (0, 1, ...).
    virtual void begin(std::uint64_t iteration) = 0;
    virtual unsigned pick(const menu& choices) = 0;
    // An open question with answers 0 .. answers - 1 (at least 2); 0 is the ordinary one, and every
    // other counts as a preemption if it is `unusual`.
    virtual unsigned decide(unsigned answers, bool unusual) = 0;
    // The actor asks to be passed over while others have something to do.
    virtual void demote(unsigned actor) { (void)actor; }
    // After a schedule of `steps` steps; false when nothing is left to explore.
    virtual bool end(std::uint64_t steps) = 0;
    // Text that makes replay() repeat the schedule that ran last.
    [[nodiscard]] virtual std::string ticket() const = 0;
};

enum class search { random, pct, exhaustive };

std::unique_ptr<strategy> make_random(std::uint64_t seed);
std::unique_ptr<strategy> make_pct(std::uint64_t seed, unsigned depth);
std::unique_ptr<strategy> make_exhaustive(unsigned preemptions);
// Null when the ticket is malformed.
std::unique_ptr<strategy> make_replay(std::string_view ticket);

// Small and fast; the schedules need no better randomness than this.
class random_source {
public:
    explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}
    std::uint64_t next() noexcept {
        state_ += 0x9e3779b97f4a7c15ULL;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
        return mixed ^ (mixed >> 31U);
    }
    unsigned below(unsigned bound) noexcept {
        return static_cast<unsigned>(((next() >> 32U) * bound) >> 32U);
    }

private:
    std::uint64_t state_;
};

}  // namespace stentor::explore
