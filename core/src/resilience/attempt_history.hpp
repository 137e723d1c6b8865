// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

// What the failed attempts of waiting deliveries were like, for the letters that some of them will
// have. A ring of bytes for all of one subscription, so that a delivery that waits costs nothing
// but the place of its latest record: when the ring is full the oldest records go, and a letter has
// those that are left.
//
// A place is good as long as a record begins there and has the delivery's ticket, which no other
// delivery of the bus ever has. Places are numbers of 16 bytes in the ring, from 1 on.
//
// Threads: any. Progress: blocking, for as long as it takes to copy a few hundred bytes.
namespace stentor::inline v0::detail {

class attempt_history {
public:
    // Records and texts take so many bytes at most. Doubles from a sixteenth of that as needed.
    static constexpr std::size_t bytes_max = std::size_t{1} << 20U;
    static constexpr std::uint32_t place_bits = 17;
    static constexpr std::size_t text_max = 512;  // of one attempt; longer texts are cut

    struct attempt {
        std::int32_t number = 1;
        std::int64_t began_ns = 0;
        std::int64_t duration_ns = 0;
        std::string_view errors{};  // texts of a chain, each but the last with a '\0' behind it
    };

    // `before` is the place of the delivery's attempt before this one; 0: there is none. 0: there
    // was no memory to keep it.
    [[nodiscard]] std::uint32_t add(std::uint64_t ticket, std::uint32_t before,
                                    const attempt& what) noexcept {
        const auto text = what.errors.substr(0, text_max);
        const auto units = units_for(sizeof(record) + text.size());
        const std::lock_guard lock(mutex_);
        if (!make_room(units)) {
            return 0;
        }
        const record fresh{ticket, what.began_ns, what.duration_ns,
                           before, what.number,   static_cast<std::uint32_t>(text.size()),
                           0};
        auto* where = bytes_.data() + next_ * unit;
        std::memcpy(where, &fresh, sizeof fresh);
        std::memcpy(where + sizeof fresh, text.data(), text.size());
        for (std::size_t at = next_; at < next_ + units; ++at) {
            begins_[at] = false;
        }
        begins_[next_] = true;
        const auto place = static_cast<std::uint32_t>(next_ + 1);
        next_ += units;
        return place;
    }

    // Calls visit(attempt) for those that are left, the latest first. Under the lock: brief.
    template <class Visit>
    void visit(std::uint64_t ticket, std::uint32_t latest, Visit&& visit) {
        const std::lock_guard lock(mutex_);
        auto after = INT32_MAX;
        for (auto place = latest; place != 0;) {
            const std::size_t at = place - 1;
            if (at >= begins_.size() || !begins_[at]) {
                return;
            }
            record found;
            const auto* where = bytes_.data() + at * unit;
            std::memcpy(&found, where, sizeof found);
            if (found.ticket != ticket || found.number >= after) {
                return;
            }
            visit(attempt{found.number,
                          found.began_ns,
                          found.duration_ns,
                          {reinterpret_cast<const char*>(where + sizeof found), found.text}});
            after = found.number;
            place = found.before;
        }
    }

private:
    struct record {
        std::uint64_t ticket;
        std::int64_t began_ns;
        std::int64_t duration_ns;
        std::uint32_t before;
        std::int32_t number;
        std::uint32_t text;
        std::uint32_t unused;
    };
    static constexpr std::size_t unit = 16;
    static_assert(bytes_max / unit + 1 < std::size_t{1} << place_bits);

    static constexpr std::size_t units_for(std::size_t bytes) noexcept {
        return (bytes + unit - 1) / unit;
    }

    // With the lock. False: there is none.
    bool make_room(std::size_t units) noexcept {
        if (next_ + units <= begins_.size()) {
            return true;
        }
        if (begins_.size() * unit < bytes_max && !wrapped_ && grow()) {
            return true;
        }
        if (begins_.empty()) {
            return false;
        }
        wrapped_ = true;
        next_ = 0;
        return true;
    }

    bool grow() noexcept {
        const auto more = bytes_.empty() ? bytes_max / 16 : bytes_.size() * 2;
#if defined(__cpp_exceptions)
        try {
#endif
            begins_.reserve(more / unit);
            bytes_.resize(more);
            begins_.resize(more / unit);
            return true;
#if defined(__cpp_exceptions)
        } catch (...) {
            return false;
        }
#endif
    }

    std::mutex mutex_;
    std::vector<std::byte> bytes_;
    std::vector<bool> begins_;  // a record does, at this place
    std::size_t next_ = 0;
    bool wrapped_ = false;
};

}  // namespace stentor::inline v0::detail
