// SPDX-License-Identifier: MIT
#pragma once

#include "base/semaphore.hpp"
#include "base/sync.hpp"
#include "dispatch/parking.hpp"
#include "dispatch/ready_set.hpp"
#include <stentor/base/cache_line.hpp>
#include <stentor/metrics/counter.hpp>

#include <cstddef>
#include <cstdint>

namespace stentor::inline v0::detail {

class polled_crew;

struct crew_size {
    std::uint32_t runners = 1;  // workers and spare ones
    std::uint32_t workers = 1;
    std::size_t lanes = 1;
    std::int64_t spin_ns = 0;      // how long an idle runner searches before it parks
    bool spin_on_traffic = false;  // as long as there was traffic within the last second
};

// Runners that serve the same lanes, and what they share: which lanes are ready, who sleeps. The
// pool is one (its scheduler adds what the whole bus shares), the threads for handlers that block
// are another, each loop of the user's a third. A lane belongs to one crew for life, so that the
// proofs of ready_set.hpp and parking.hpp hold for each crew on its own.
//
// Threads: any. Progress: lock-free; called() is as the derived class says.
class crew {
public:
    explicit crew(const crew_size& given)
        : size(given),
          ready(given.lanes),
          waiting_slow(given.lanes),
          resting(given.lanes),
          idle(given.runners, given.workers) {}
    crew(const crew&) = delete;
    crew& operator=(const crew&) = delete;
    virtual ~crew() = default;

    // Makes lanes with ids below `count` visible to scans. Under the registry's lock.
    void cover(std::size_t count) noexcept {
        ready.cover(count);
        waiting_slow.cover(count);
        resting.cover(count);
    }

    // After a claim: the lane is the caller's to announce. Wakes at most one runner.
    void announce(std::size_t lane) noexcept {
        ready.insert(lane);
        wake_one();
    }
    void wake_one() noexcept {
        if (idle.notify()) {
            wakeups.add();
            permits.post();
            called();
        }
    }

    // Calls known to be long that may run at once. With spare runners one is always left for
    // everybody else; without, slow handlers of one event still overlap.
    [[nodiscard]] std::uint64_t slow_calls_max() const noexcept {
        return size.runners > size.workers ? size.runners - 1 : size.workers;
    }
    // A slow call ended, or a lane began to wait although there is room: the next one gets its
    // turn. True: there was one. What is admitted may not be slow any more when it is drained, and
    // then admits nobody; so the watch asks at each tick, too.
    bool admit_waiting_slow() noexcept {
        std::size_t cursor = 0;
        std::size_t id = 0;
        if (!idle.may_block(slow_calls_max()) || !waiting_slow.take(cursor, id)) {
            return false;
        }
        announce(id);
        return true;
    }

    // The watch, each tick: a crew that brings its runners in on demand does it here.
    virtual void tend() noexcept {}
    // Nobody of it is awake, so that the watch may sleep.
    [[nodiscard]] virtual bool at_rest() const noexcept { return idle.all_parked(); }

    // Null: it has threads.
    [[nodiscard]] virtual polled_crew* as_polled() noexcept { return nullptr; }

    const crew_size size;
    alignas(cache_line_size) ready_set<real_sync> ready;
    // Lanes of handlers whose calls are long, that wait until fewer such calls run.
    ready_set<real_sync> waiting_slow;
    // Lanes whose handler gives everything back: each waits for its moment.
    ready_set<real_sync> resting;
    alignas(cache_line_size) parking<real_sync> idle;
    alignas(cache_line_size) semaphore permits;

    shared_counter parks;
    shared_counter wakeups;
    shared_counter rescues;

protected:
    // A permit was issued. For crews whose sleepers are not threads that wait for it.
    virtual void called() noexcept {}
};

}  // namespace stentor::inline v0::detail
