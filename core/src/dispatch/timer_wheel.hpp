// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

// Who waits until when: a hierarchical timing wheel. A plain data structure over a time that the
// caller gives; it reads no clock, takes no lock and allocates nothing, because the timers are the
// callers' own objects.
//
// Time is counted in ticks of 1 ms. A timer is due at the first tick that is not before its
// moment: never early, less than one tick late as far as the wheel is concerned. A moment is turned
// into a tick once, when the timer is set, so nothing drifts.
//
// Level 0 has one list per tick for the next 64 ticks, level 1 one list per 64 ticks, and so on;
// eight levels reach past the largest time in nanoseconds. A timer lies in the level of the highest
// digit (base 64) in which its tick differs from the present one, and moves down when the present
// reaches its list: at most seven times in its life. Timers of one tick become due in the order in
// which they were set.
//
// Cost: set() and cancel() are O(1); advance() costs what becomes due or moves down, not the time
// that has passed, because each level knows its occupied lists. One thread at a time.
namespace stentor::inline v0::detail {

class timer_wheel {
    struct link {
        link* before = nullptr;
        link* after = nullptr;
    };

public:
    static constexpr std::int64_t tick_ns = 1'000'000;
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    // Part of what waits, and small, because a million may wait. Stays where it is while it is set.
    class timer : link {
    public:
        // The kind is the owner's, who tells his timers apart by it.
        explicit timer(std::uint8_t kind = 0) noexcept : kind_(kind) {}
        timer(const timer&) = delete;
        timer& operator=(const timer&) = delete;

        [[nodiscard]] bool is_set() const noexcept {
            return before != nullptr && place_ != chained_place;
        }
        [[nodiscard]] std::uint8_t kind() const noexcept { return kind_; }

        // Keeps a moment, to the tick, for whoever sets it later. While it is not set.
        void aim(std::int64_t at_ns) noexcept { tick_ = tick_of(at_ns) & tick_mask; }
        [[nodiscard]] std::int64_t moment() const noexcept { return moment_of(tick_); }

    private:
        friend class timer_wheel;
        static constexpr std::uint64_t tick_mask = (std::uint64_t{1} << 46U) - 1;
        static constexpr std::uint64_t place_mask = (std::uint64_t{1} << 10U) - 1;
        std::uint64_t tick_ : 46 = 0;
        std::uint64_t place_ : 10 = 0;
        std::uint64_t kind_ : 8;
    };

    // A list of timers that are not set, by the links that they have.
    class chain {
    public:
        chain() noexcept { ends_.before = ends_.after = &ends_; }
        chain(const chain&) = delete;
        chain& operator=(const chain&) = delete;

        [[nodiscard]] bool empty() const noexcept { return ends_.after == &ends_; }
        // Null: there is none.
        [[nodiscard]] timer* front() const noexcept {
            return empty() ? nullptr : static_cast<timer*>(ends_.after);
        }
        [[nodiscard]] timer* behind(timer& one) const noexcept {
            link& here = one;
            return here.after == &ends_ ? nullptr : static_cast<timer*>(here.after);
        }
        void push_back(timer& one) noexcept { insert(one, ends_); }
        void push_front(timer& one) noexcept { insert(one, *ends_.after); }
        void remove(timer& one) noexcept { take_out(one); }

    private:
        static void insert(timer& one, link& after) noexcept {
            one.place_ = chained_place;
            put_before(one, after);
        }
        link ends_;
    };

    timer_wheel() noexcept {
        for (auto& one : lists_) {
            one.before = one.after = &one;
        }
    }
    timer_wheel(const timer_wheel&) = delete;
    timer_wheel& operator=(const timer_wheel&) = delete;

    // Not set already. A moment that has passed is due at once.
    void set(timer& what, std::int64_t at_ns) noexcept {
        what.aim(at_ns);
        put(what);
        ++size_;
    }

    // False: it is not set, or take_due() has handed it out.
    bool cancel(timer& what) noexcept {
        if (!what.is_set()) {
            return false;
        }
        unlink(what);
        --size_;
        return true;
    }

    // Takes those out of one list that are wanted. Timers move to lists with lower numbers and at
    // last to the one that is due, so who visits all lists from the last one down, and then that
    // one, has seen all, whatever time does in between.
    static constexpr std::size_t lists = 8 * 64;
    template <class Wanted>
    void take_from(std::size_t list, Wanted&& wanted, chain& into) noexcept {
        auto& ends = lists_[list];
        for (auto* one = ends.after; one != &ends;) {
            auto& what = *static_cast<timer*>(one);
            one = one->after;
            if (wanted(what)) {
                unlink(what);
                --size_;
                into.push_back(what);
            }
        }
    }

    // Time goes on to `now_ns`; going back changes nothing.
    void advance(std::int64_t now_ns) noexcept {
        const auto target = now_ns <= 0 ? 0 : static_cast<std::uint64_t>(now_ns / tick_ns);
        std::size_t place = 0;
        std::uint64_t begins = 0;
        while (first_list(place, begins) && begins <= target) {
            present_ = begins;
            redistribute(place);
        }
        if (target > present_) {
            present_ = target;
        }
    }

    // One timer whose moment has passed, the longest due first; null: none.
    [[nodiscard]] timer* take_due() noexcept {
        auto& due = lists_[due_place];
        if (due.after == &due) {
            return nullptr;
        }
        auto* first = static_cast<timer*>(due.after);
        unlink(*first);
        --size_;
        return first;
    }

    // When advance() has something to do next: not after the first timer, perhaps before it,
    // because timers that are far off move down a level first. O(1).
    [[nodiscard]] std::int64_t next_look() const noexcept {
        if (lists_[due_place].after != &lists_[due_place]) {
            return moment_of(present_);
        }
        std::size_t place = 0;
        std::uint64_t begins = 0;
        return first_list(place, begins) ? moment_of(begins) : never;
    }

    // When the first timer is due. Looks at every timer of one list.
    [[nodiscard]] std::int64_t next_expiry() const noexcept {
        std::size_t place = due_place;
        std::uint64_t begins = 0;
        if (lists_[due_place].after == &lists_[due_place] && !first_list(place, begins)) {
            return never;
        }
        auto first = std::numeric_limits<std::uint64_t>::max();
        const auto& list = lists_[place];
        for (const auto* one = list.after; one != &list; one = one->after) {
            const auto tick = static_cast<const timer*>(one)->tick_;
            first = tick < first ? tick : first;
        }
        return moment_of(first);
    }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

private:
    static constexpr unsigned digit_bits = 6;
    static constexpr std::size_t lists_per_level = std::size_t{1} << digit_bits;
    static constexpr std::size_t levels = 8;  // 2^48 ms; the largest time is below 2^44 ms
    static constexpr std::size_t due_place = levels * lists_per_level;
    static constexpr std::size_t chained_place = due_place + 1;
    static_assert(due_place == lists);

    static std::uint64_t tick_of(std::int64_t at_ns) noexcept {
        return at_ns <= 0 ? 0 : static_cast<std::uint64_t>((at_ns - 1) / tick_ns + 1);
    }

    static std::int64_t moment_of(std::uint64_t tick) noexcept {
        constexpr auto last = static_cast<std::uint64_t>(never / tick_ns);
        return tick > last ? never : static_cast<std::int64_t>(tick) * tick_ns;
    }

    void put(timer& what) noexcept {
        if (what.tick_ <= present_) {
            append(what, due_place);
            return;
        }
        const auto differs = static_cast<unsigned>(std::bit_width(what.tick_ ^ present_)) - 1;
        const auto level = differs / digit_bits;
        const auto digit = (what.tick_ >> (level * digit_bits)) % lists_per_level;
        append(what, level * lists_per_level + digit);
        occupied_[level] |= std::uint64_t{1} << digit;
    }

    void append(timer& what, std::size_t place) noexcept {
        put_before(what, lists_[place]);
        what.place_ = place & timer::place_mask;
    }

    static void put_before(link& one, link& after) noexcept {
        one.before = after.before;
        one.after = &after;
        after.before->after = &one;
        after.before = &one;
    }
    static void take_out(link& one) noexcept {
        one.before->after = one.after;
        one.after->before = one.before;
        one.before = one.after = nullptr;
    }

    void unlink(timer& what) noexcept {
        take_out(what);
        const auto& list = lists_[what.place_];
        if (what.place_ != due_place && list.after == &list) {
            forget(what.place_);
        }
    }

    void forget(std::size_t place) noexcept {
        occupied_[place / lists_per_level] &= ~(std::uint64_t{1} << (place % lists_per_level));
    }

    // The list that the present reaches first, and when it does. All lists of a level are reached
    // before any of the level above, and none lies behind the present.
    [[nodiscard]] bool first_list(std::size_t& place, std::uint64_t& begins) const noexcept {
        for (std::size_t level = 0; level < levels; ++level) {
            if (occupied_[level] == 0) {
                continue;
            }
            const auto digit = static_cast<std::uint64_t>(std::countr_zero(occupied_[level]));
            const auto above = (level + 1) * digit_bits;
            begins = (present_ >> above << above) | (digit << (level * digit_bits));
            place = level * lists_per_level + digit;
            return true;
        }
        return false;
    }

    // The present has reached the list: its timers are due, or go to lower levels.
    void redistribute(std::size_t place) noexcept {
        auto& list = lists_[place];
        forget(place);
        auto* one = list.after;
        list.before = list.after = &list;
        while (one != &list) {
            auto* next = one->after;
            put(*static_cast<timer*>(one));
            one = next;
        }
    }

    std::array<link, due_place + 1> lists_;
    std::array<std::uint64_t, levels> occupied_{};
    std::uint64_t present_ = 0;
    std::size_t size_ = 0;
};

}  // namespace stentor::inline v0::detail
