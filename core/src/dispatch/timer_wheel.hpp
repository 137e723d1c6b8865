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

    // Part of what waits. Stays where it is while it is set.
    class timer : link {
    public:
        timer() = default;
        timer(const timer&) = delete;
        timer& operator=(const timer&) = delete;

        [[nodiscard]] bool is_set() const noexcept { return before != nullptr; }

    private:
        friend class timer_wheel;
        std::uint64_t tick_ = 0;
        std::size_t place_ = 0;
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
        what.tick_ = at_ns <= 0 ? 0 : static_cast<std::uint64_t>((at_ns - 1) / tick_ns + 1);
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
        auto& list = lists_[place];
        link& one = what;
        one.before = list.before;
        one.after = &list;
        list.before->after = &one;
        list.before = &one;
        what.place_ = place;
    }

    void unlink(timer& what) noexcept {
        link& one = what;
        one.before->after = one.after;
        one.after->before = one.before;
        one.before = one.after = nullptr;
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
