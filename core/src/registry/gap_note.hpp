// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/registry/when_full.hpp>

#include <atomic>
#include <cstdint>
#include <optional>

// What was dropped since the subscription was last told: a count, and the first one's id and
// reason. Any thread adds, one at a time takes. Wait-free on both sides.
//
// Whoever takes the count from 0 to something else owns the words of the first one, writes them and
// publishes them (W). The taker reads them only after it saw W, and lets go of them by setting the
// count back to 0 (Z), which is its last step; so the next owner writes after the taker has read.
// A drop that is counted between is in the count that Z takes. A taker that comes before W leaves
// all for the next time.
//   W release, its look acquire: the words are whole.               [PAIR gap]
//   Z acq_rel, the owner's increment acq_rel: reads before rewrites. [PAIR gap]
// Counter-example of the simpler design (count first, then read the words): a taker that sets the
// count to 0 first reads words that the next owner is writing. tests/litmus finds it.
namespace stentor::inline v0::detail {

template <class Sync>
class gap_note {
public:
    void add(std::int64_t amount, drop_reason reason, event_id first) noexcept {
        if (count_.fetch_add(amount, std::memory_order_acq_rel) != 0) {  // [PAIR gap]
            return;
        }
        high_.store(first.high_word(), std::memory_order_relaxed);
        low_.store(first.low_word(), std::memory_order_relaxed);
        reason_.store(static_cast<std::uint8_t>(reason), std::memory_order_relaxed);
        written_.store(true, std::memory_order_release);  // W [PAIR gap]
    }

    // A hint for whoever may take.
    [[nodiscard]] bool any() const noexcept { return written_.load(std::memory_order_relaxed); }

    // One thread at a time.
    [[nodiscard]] std::optional<gap> take() noexcept {
        if (!written_.load(std::memory_order_acquire)) {  // [PAIR gap]
            return std::nullopt;
        }
        gap found{.count = 0,
                  .reason = static_cast<drop_reason>(reason_.load(std::memory_order_relaxed)),
                  .first = event_id::from_words(high_.load(std::memory_order_relaxed),
                                                low_.load(std::memory_order_relaxed))};
        written_.store(false, std::memory_order_relaxed);  // before Z, so before the next W
        found.count = count_.exchange(0, std::memory_order_acq_rel);  // Z [PAIR gap]
        return found;
    }

private:
    // Written by publishers that drop, and by the taker.
    typename Sync::template atomic<std::int64_t> count_{0};
    // Written by the owner of the words and by the taker; read by takers.
    typename Sync::template atomic<bool> written_{false};
    // Written by the owner of the words, read by the taker. relaxed: see above.
    typename Sync::template atomic<std::uint64_t> high_{0};
    typename Sync::template atomic<std::uint64_t> low_{0};
    typename Sync::template atomic<std::uint8_t> reason_{0};
};

}  // namespace stentor::inline v0::detail
