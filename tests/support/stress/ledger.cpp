// SPDX-License-Identifier: MIT
#include "support/stress/ledger.hpp"

#include <algorithm>
#include <bit>

namespace stentor::stress {

bit_row::bit_row(std::uint64_t bits)
    : bits_(bits), words_(std::make_unique<std::atomic<std::uint64_t>[]>(words())) {}

bool bit_row::set(std::uint64_t bit) noexcept {
    const auto mask = std::uint64_t{1} << (bit % bits_per_word);
    return (words_[bit / bits_per_word].fetch_or(mask, std::memory_order_relaxed) & mask) != 0;
}

bool bit_row::test(std::uint64_t bit) const noexcept {
    return (word(bit / bits_per_word) >> (bit % bits_per_word) & 1) != 0;
}

void sent_log::open(std::size_t stream, std::uint64_t events) {
    streams_[stream] = std::make_unique<stream_row>(events);
}

void sent_log::record(const stamp& mark, publish_status status) noexcept {
    if (status == publish_status::accepted) {
        whole(mark);
    } else if (status == publish_status::accepted_partial) {
        in_part(mark);
    }
}

received_log::received_log(std::size_t streams, std::size_t publishers, bool single, bool fifo)
    : streams_(streams), failed_(streams), single_(single), fifo_(fifo), expected_(publishers) {}

void received_log::open(std::size_t stream, std::uint64_t events) {
    streams_[stream] = std::make_unique<bit_row>(events);
    failed_[stream] = std::make_unique<bit_row>(events);
}

void received_log::comes_after(received_log& other, bool strict) {
    other.followers_.push_back(this);
    if (strict) {
        required_.push_back(&other);
    }
}

bool received_log::has(const stamp& mark) const noexcept {
    const auto stream = mark.stream();
    return stream < streams_.size() && streams_[stream] != nullptr &&
           mark.number() < streams_[stream]->size() && streams_[stream]->test(mark.number());
}

void received_log::look_ahead(const stamp& mark) noexcept {
    for (auto* one : followers_) {
        if (one->has(mark)) {
            one->ahead_.fetch_add(1, std::memory_order_relaxed);
        }
    }
}

void received_log::fail(const stamp& mark) noexcept {
    if (has(mark)) {
        failed_[mark.stream()]->set(mark.number());
    }
}

void received_log::enter() noexcept {
    if (single_ && inside_.fetch_add(1, std::memory_order_relaxed) != 0) {
        overlapped_.fetch_add(1, std::memory_order_relaxed);
    }
}

void received_log::leave() noexcept {
    if (single_) {
        inside_.fetch_sub(1, std::memory_order_relaxed);
    }
}

void received_log::record(const stamp& mark) noexcept {
    if (!mark.intact()) {
        broken_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    const auto stream = mark.stream();
    if (stream >= streams_.size() || streams_[stream] == nullptr ||
        mark.number() >= streams_[stream]->size()) {
        foreign_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    if (streams_[stream]->set(mark.number())) {
        duplicated_.fetch_add(1, std::memory_order_relaxed);
    }
    look_ahead(mark);
    if (fifo_ && mark.publisher() < expected_.size()) {
        auto& expected = expected_[mark.publisher()];
        if (mark.place() < expected.load(std::memory_order_relaxed)) {
            reordered_.fetch_add(1, std::memory_order_relaxed);
        }
        expected.store(mark.place() + 1, std::memory_order_relaxed);
    }
}

namespace {

// The bits of a word that stand for numbers in [from, to).
std::uint64_t within(std::size_t word, std::uint64_t from, std::uint64_t to) noexcept {
    const auto first = std::uint64_t{word} * bit_row::bits_per_word;
    const auto below = [first](std::uint64_t border) {
        if (border <= first) {
            return std::uint64_t{0};
        }
        const auto count = std::min<std::uint64_t>(border - first, bit_row::bits_per_word);
        return count == bit_row::bits_per_word ? ~std::uint64_t{0}
                                               : (std::uint64_t{1} << count) - 1;
    };
    return below(to) & ~below(from);
}

std::uint64_t count(std::uint64_t bits) noexcept {
    return static_cast<std::uint64_t>(std::popcount(bits));
}

// The bits of a word that one whose success is required has not completed, though it gets them.
std::uint64_t vain(const received_log& of, std::size_t stream, std::size_t word) noexcept {
    std::uint64_t bits = 0;
    for (const auto* other : of.required()) {
        if (other->at(stream) != nullptr) {
            bits |= ~other->completed(stream, word);
        }
    }
    return bits;
}

void compare_stream(findings& sums, const sent_log::stream_row* sent, const received_log& log,
                    std::size_t stream, const span& when) {
    const auto& seen = *log.at(stream);
    for (std::size_t word = 0; word < seen.words(); ++word) {
        const bool known = sent != nullptr && word < sent->whole.words();
        const auto whole = known ? sent->whole.word(word) : 0;
        const auto in_part = (known ? sent->in_part.word(word) : 0) & ~whole;
        const auto here = seen.word(word);
        const auto due = within(word, when.due_from, when.due_to);
        const auto possible = within(word, when.possible_from, when.possible_to);
        const auto in_vain = vain(log, stream, word);
        const auto missing = due & ~here;
        sums.delivered += count(here);
        sums.missing_whole += count(whole & missing & ~in_vain);
        sums.missing_in_part += count(in_part & missing & ~in_vain);
        sums.in_vain += count((whole | in_part) & missing & in_vain);
        sums.unearned += count(here & in_vain);
        sums.phantom += count(here & ~((whole | in_part) & possible));
    }
}

}  // namespace

findings compare(const sent_log& sent, const received_log& seen, const std::vector<span>& spans) {
    findings sums;
    for (std::size_t stream = 0; stream < seen.streams(); ++stream) {
        if (seen.at(stream) != nullptr) {
            compare_stream(sums, stream < sent.streams() ? sent.at(stream) : nullptr, seen, stream,
                           spans.empty() ? span{} : spans[stream]);
        }
    }
    sums.delivered += seen.duplicated();
    sums.duplicated = seen.duplicated();
    sums.ahead = seen.ahead();
    sums.phantom += seen.foreign();
    sums.reordered = seen.reordered();
    sums.overlapped = seen.overlapped();
    sums.broken = seen.broken();
    return sums;
}

std::string disagreement(const findings& found, const delivery_terms& counted, std::uint64_t thrown,
                         bool may_cancel) {
    std::string lines;
    const auto demand = [&lines](bool holds, const char* what, std::uint64_t seen,
                                 std::int64_t told) {
        if (!holds) {
            lines += std::string("  ") + what + ": " + std::to_string(seen) + " by the ledger, " +
                     std::to_string(told) + " by the engine\n";
        }
    };
    const auto equal = [](std::uint64_t seen, std::int64_t told) {
        return told >= 0 && seen == static_cast<std::uint64_t>(told);
    };
    demand(found.phantom == 0, "phantom", found.phantom, 0);
    demand(found.unearned == 0, "handled without the success that it requires", found.unearned, 0);
    demand(found.ahead == 0, "handled before those that it comes after", found.ahead, 0);
    demand(found.duplicated == 0, "handled twice", found.duplicated, 0);
    demand(found.reordered == 0, "out of order", found.reordered, 0);
    demand(found.overlapped == 0, "calls at the same time", found.overlapped, 0);
    demand(found.broken == 0, "broken payloads", found.broken, 0);

    const auto missing = found.missing_whole + found.missing_in_part + found.in_vain;
    const auto excused = counted.dropped_full + counted.dropped_no_memory + counted.cancelled +
                         counted.expired + counted.dead_lettered + counted.dropped_dependency;
    const bool in_vain = counted.dropped_dependency >= 0 &&
                         static_cast<std::uint64_t>(counted.dropped_dependency) <= found.in_vain;
    demand(in_vain, "dropped though all that it requires succeeded", found.in_vain,
           counted.dropped_dependency);
    demand(equal(missing, excused), "lost (missing, and ended unhandled)", missing, excused);
    demand(may_cancel || found.missing_whole == 0, "lost though nobody was full",
           found.missing_whole, 0);
    demand(may_cancel || counted.cancelled == 0, "cancelled without reason", 0, counted.cancelled);
    demand(equal(found.delivered, counted.completed + counted.failed), "handled", found.delivered,
           counted.completed + counted.failed);
    demand(equal(thrown, counted.failed), "failed", thrown, counted.failed);
    demand(equal(found.delivered + missing, counted.accepted), "accepted",
           found.delivered + missing, counted.accepted);
    demand(counted.outstanding() == 0, "outstanding", 0, counted.outstanding());
    demand(counted.unaccounted() == 0, "unaccounted", 0, counted.unaccounted());
    return lines;
}

}  // namespace stentor::stress
