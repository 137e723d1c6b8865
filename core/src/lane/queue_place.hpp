// SPDX-License-Identifier: MIT
#pragma once

#include "base/race_detector.hpp"
#include "lane/lane_slot.hpp"

#include <cstddef>
#include <type_traits>

// What the lock-free queue has its places made of: slots, and under ThreadSanitizer slots that say
// when a place is handed back to its publisher and taken again.
//
// The queue (concurrentqueue.h 1.0.3) writes a place again without an operation on that very place:
//   - whoever dequeues copies the slot out, destroys it, and then sets the place's empty flag.
//     Block::set_empty does that for one with a release store; Block::set_many_empty for several
//     with a release fence and relaxed stores behind it.
//   - ExplicitProducer::enqueue and enqueue_bulk construct in a block that was used before only
//     after Block::is_empty: it reads the flags of all places, relaxed, and finds each set, and
//     then comes an acquire fence.
// That fence pairs with every release fence or release store behind which one of the flags was set
// (C++20, atomics.fences), so all copies out of the block happen before any slot is constructed in
// it. There is no other way to a used block: those of explicit producers go through no free list,
// and a flag per place is what we configure (moodycamel_queue.hpp).
//
// ThreadSanitizer models no fences. It is told the part that concerns one place: destroying the
// slot comes before constructing the next one there. The queue promises more, the whole block, and
// nothing is claimed between two places, or for what a consumer does to a place after it destroyed
// the slot. That the queue keeps its promise is not taken from here: tests/tsan/queue_as_used.cpp
// runs it with fences that are visible, and finds out when one is missing.
namespace stentor::inline v0::detail {

template <std::size_t Size>
struct told_slot : slot<Size> {
    told_slot(const told_slot& draft) noexcept : slot<Size>(taken_over(this, draft)) {}
    told_slot& operator=(const told_slot&) noexcept = default;
    ~told_slot() { claim_handed_over(this); }

private:
    static const slot<Size>& taken_over(const void* place, const slot<Size>& draft) noexcept {
        claim_taken_over(place);
        // NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter): it outlives the construction
        return draft;
    }
};

template <std::size_t Size>
using queue_place = std::conditional_t<race_detection, told_slot<Size>, slot<Size>>;

}  // namespace stentor::inline v0::detail
