// SPDX-License-Identifier: MIT
#pragma once

#include "support/stress/stamp.hpp"
#include <stentor/event/publish_result.hpp>
#include <stentor/metrics/audit.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

// Double-entry bookkeeping beside the engine's own: publishers keep what they sent and what they
// were told, consumers keep what they saw, and a checker compares both with each other and with the
// engine's audit. A bit per event and subscription, so that a run of millions stays in memory.
//
// Threads: set() and record() any number at once; everything else when those are over.
namespace stentor::stress {

// Bits that threads set at once.
class bit_row {
public:
    static constexpr std::size_t bits_per_word = 64;

    explicit bit_row(std::uint64_t bits);

    // Returns what it was before.
    bool set(std::uint64_t bit) noexcept;
    [[nodiscard]] bool test(std::uint64_t bit) const noexcept;
    [[nodiscard]] std::uint64_t word(std::size_t index) const noexcept {
        return words_[index].load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t size() const noexcept { return bits_; }
    [[nodiscard]] std::size_t words() const noexcept {
        return (bits_ + bits_per_word - 1) / bits_per_word;
    }

private:
    std::uint64_t bits_;
    // relaxed: the threads that set bits are joined, or their bus is drained, before they are read.
    std::unique_ptr<std::atomic<std::uint64_t>[]> words_;
};

// What the publishers were told, per stream. An event is sent whole when every subscription has it,
// in part when some may lack it with the engine's leave: those that were full, or found it expired.
class sent_log {
public:
    // A stream takes memory when it is opened. Not while others use the log.
    explicit sent_log(std::size_t streams) : streams_(streams) {}
    void open(std::size_t stream, std::uint64_t events);

    void whole(const stamp& mark) noexcept { row(mark).whole.set(mark.number()); }
    void in_part(const stamp& mark) noexcept { row(mark).in_part.set(mark.number()); }
    void record(const stamp& mark, publish_status status) noexcept;

    struct stream_row {
        explicit stream_row(std::uint64_t events) : whole(events), in_part(events) {}
        bit_row whole;
        bit_row in_part;
    };
    [[nodiscard]] std::size_t streams() const noexcept { return streams_.size(); }
    [[nodiscard]] const stream_row* at(std::size_t stream) const noexcept {
        return streams_[stream].get();
    }

private:
    [[nodiscard]] stream_row& row(const stamp& mark) noexcept { return *streams_[mark.stream()]; }

    std::vector<std::unique_ptr<stream_row>> streams_;
};

// What one subscription's handler saw.
class received_log {
public:
    // `single`: one call at a time is promised. `fifo`: and each publisher's events in their order.
    received_log(std::size_t streams, std::size_t publishers, bool single, bool fifo);
    // The subscription gets this stream. Events of all others are phantoms.
    void open(std::size_t stream, std::uint64_t events);

    // Of events that both get it sees those that `other` is done with; `strict`: and has completed.
    // Not while others use either.
    void comes_after(received_log& other, bool strict);

    // The handler's first and last acts. finish() and leave() also when it throws, after fail().
    void enter() noexcept;
    void record(const stamp& mark) noexcept;
    void fail(const stamp& mark) noexcept;
    void finish(const stamp& mark) noexcept { look_ahead(mark); }
    void leave() noexcept;

    [[nodiscard]] std::size_t streams() const noexcept { return streams_.size(); }
    [[nodiscard]] const bit_row* at(std::size_t stream) const noexcept {
        return streams_[stream].get();
    }
    // What it has completed of a word of a stream that it gets.
    [[nodiscard]] std::uint64_t completed(std::size_t stream, std::size_t word) const noexcept {
        return streams_[stream]->word(word) & ~failed_[stream]->word(word);
    }
    // Whose success it requires.
    [[nodiscard]] const std::vector<const received_log*>& required() const noexcept {
        return required_;
    }
    [[nodiscard]] std::uint64_t ahead() const noexcept { return ahead_.load(); }
    [[nodiscard]] std::uint64_t duplicated() const noexcept { return duplicated_.load(); }
    [[nodiscard]] std::uint64_t foreign() const noexcept { return foreign_.load(); }
    [[nodiscard]] std::uint64_t broken() const noexcept { return broken_.load(); }
    [[nodiscard]] std::uint64_t reordered() const noexcept { return reordered_.load(); }
    [[nodiscard]] std::uint64_t overlapped() const noexcept { return overlapped_.load(); }

private:
    [[nodiscard]] bool has(const stamp& mark) const noexcept;
    // None of those that come after it has begun with the event.
    void look_ahead(const stamp& mark) noexcept;

    std::vector<std::unique_ptr<bit_row>> streams_;
    std::vector<std::unique_ptr<bit_row>> failed_;
    std::vector<received_log*> followers_;
    std::vector<const received_log*> required_;
    const bool single_;
    const bool fifo_;
    // Per publisher, one more than the place of its last event seen. Such handlers run one at a
    // time, so plain loads and stores would do; atomic, so that a broken promise is no race.
    std::vector<std::atomic<std::uint64_t>> expected_;
    std::atomic<int> inside_{0};
    std::atomic<std::uint64_t> duplicated_{0};
    std::atomic<std::uint64_t> foreign_{0};
    std::atomic<std::uint64_t> broken_{0};
    std::atomic<std::uint64_t> reordered_{0};
    std::atomic<std::uint64_t> overlapped_{0};
    std::atomic<std::uint64_t> ahead_{0};
};

// Which numbers of a stream a subscription had to see. Publishes that were concurrent with
// subscribe or unsubscribe may fall on either side, so there are two borders at each end:
// possible_from <= due_from <= due_to <= possible_to.
struct span {
    static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

    std::uint64_t possible_from = 0;    // earlier ones were published before subscribe() was called
    std::uint64_t due_from = 0;         // from here on, after it had returned
    std::uint64_t due_to = never;       // up to here, before unsubscribe() was called
    std::uint64_t possible_to = never;  // from here on, after it had returned
};

// What is wrong with one subscription's history, and the sums that the audit must agree with.
struct findings {
    std::uint64_t delivered = 0;
    std::uint64_t missing_whole = 0;    // due, told to be everywhere, not seen
    std::uint64_t missing_in_part = 0;  // due, not seen, perhaps with the engine's leave
    std::uint64_t in_vain = 0;          // due, not seen, and without a success that it requires
    std::uint64_t unearned = 0;         // seen without it
    std::uint64_t ahead = 0;            // seen too early, before one that it comes after was done
    std::uint64_t phantom = 0;          // seen, but refused, never sent, or outside the span
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0;
    std::uint64_t overlapped = 0;
    std::uint64_t broken = 0;

    [[nodiscard]] bool sound() const noexcept {
        return unearned + ahead + phantom + duplicated + reordered + overlapped + broken == 0;
    }
};

// `spans` is empty (all events are due) or has one per stream.
[[nodiscard]] findings compare(const sent_log& sent, const received_log& seen,
                               const std::vector<span>& spans = {});

// Holds the findings of a subscription against the engine's counts of it, at rest. `may_cancel`: it
// was unsubscribed, or its bus closed, with events outstanding. Empty: they agree; else one line
// per disagreement.
[[nodiscard]] std::string disagreement(const findings& found, const delivery_terms& counted,
                                       std::uint64_t thrown, bool may_cancel);

}  // namespace stentor::stress
