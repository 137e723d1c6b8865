// SPDX-License-Identifier: MIT
#pragma once

#include "base/allocator.hpp"
#include <stentor/base/assert.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

// The keys of a lane that are in use: which batch holds a key, and which entries wait for it. A key
// that nobody holds and nobody waits for is not in the table, so idle keys cost nothing.
//
// A key is held by one batch at a time, counted by entry. Entries that come for a held key wait in
// a chain, in their order; when the count comes to nothing the chain is ready, and is handed out
// before any later entry of that key, to one batch, as whole as it fits.
//
// Open addressing with linear probes at most half full: keys are hashes already. Erasing moves
// later places back, so there are no graves. Not thread-safe: the lane has a mutex. Memory is had
// by reserve() alone, so that nothing fails half-way.
namespace stentor::inline v0::detail {

template <class Slot>
class key_table {
    struct waiting {
        waiting* next;        // of the same key; of the list of free ones
        waiting* next_ready;  // of the first one of a ready chain
        std::uint64_t key;
        Slot slot;
    };
    struct place {
        std::uint64_t key = 0;
        waiting* first = nullptr;
        waiting* last = nullptr;
        std::uint32_t held = 0;  // entries out with the batch
        std::uint32_t batch = 0;
        std::size_t length = 0;  // of the chain
        [[nodiscard]] bool free() const noexcept { return held == 0 && first == nullptr; }
    };

public:
    static constexpr std::size_t kept = std::size_t{1} << 20;  // bytes of free waiting places

    // `one_each`: a batch gets one entry of a key only, because its handler may keep the key.
    explicit key_table(bool one_each) noexcept : one_each_(one_each) {}
    key_table(const key_table&) = delete;
    key_table& operator=(const key_table&) = delete;
    ~key_table() {
        STENTOR_ASSERT(used_ == 0, "a lane went while its keys were in use");
        while (free_ != nullptr) {
            free_bytes(std::exchange(free_, free_->next), alignof(waiting));
        }
        free_places(places_, capacity_);
    }

    // Sees to it that `wanted` claims succeed, or as many as memory allows. Returns how many.
    [[nodiscard]] std::size_t reserve(std::size_t wanted) noexcept {
        if ((used_ + wanted) * 2 > capacity_) {
            grow(used_ + wanted);
        }
        while (free_count_ < wanted) {
            void* block = allocate_bytes(sizeof(waiting), alignof(waiting));
            if (block == nullptr) {
                break;
            }
            put_free(::new (block) waiting);
        }
        const auto room = capacity_ / 2 - used_;
        const auto least = room < free_count_ ? room : free_count_;
        return least < wanted ? least : wanted;
    }

    // What became of an entry: the batch has it; it waits here for its key to be released; or it
    // waits behind others that are ready already.
    enum class claimed { given, waits, ready };
    [[nodiscard]] claimed claim(std::uint64_t key, std::uint32_t batch,
                                const Slot& entry) noexcept {
        auto& at = find(key);
        if (at.free()) {
            at.key = key;
            at.held = 1;
            at.batch = batch;
            ++used_;
            return claimed::given;
        }
        if (at.first == nullptr && at.batch == batch && !one_each_) {
            ++at.held;
            return claimed::given;
        }
        auto* mine = take_free();
        mine->next = nullptr;
        mine->key = key;
        mine->slot = entry;
        (at.first == nullptr ? at.first : at.last->next) = mine;
        at.last = mine;
        ++at.length;
        ++waiting_count_;
        return at.held == 0 ? claimed::ready : claimed::waits;
    }

    // An entry that is out with a batch waits for its key again, before all others. False: no
    // memory. The batch still holds the key, until it is released.
    [[nodiscard]] bool give_back(std::uint64_t key, const Slot& entry) noexcept {
        void* block = allocate_bytes(sizeof(waiting), alignof(waiting));
        if (block == nullptr) {
            return false;
        }
        auto* mine = ::new (block) waiting;
        auto& at = find(key);
        mine->next = at.first;
        mine->key = key;
        mine->slot = entry;
        at.first = mine;
        at.last = mine->next == nullptr ? mine : at.last;
        ++at.length;
        ++waiting_count_;
        return true;
    }

    // An entry of the key is done with, or given back. Returns how many entries became ready.
    [[nodiscard]] std::size_t release(std::uint64_t key) noexcept {
        auto& at = find(key);
        if (--at.held != 0) {
            return 0;
        }
        if (at.first == nullptr) {
            erase(at);
            return 0;
        }
        at.first->next_ready = nullptr;
        (ready_ == nullptr ? ready_ : ready_last_->next_ready) = at.first;
        ready_last_ = at.first;
        return at.length;
    }

    // Hands ready entries to a batch. `gone`: how many are not ready any more: those, and what
    // waits behind them for the same batch to end.
    [[nodiscard]] std::size_t take_ready(std::uint32_t batch, Slot* out, std::uint64_t* keys,
                                         std::size_t max, std::size_t& gone) noexcept {
        std::size_t count = 0;
        while (count < max && ready_ != nullptr) {
            const auto key = ready_->key;
            ready_ = ready_->next_ready;
            auto& at = find(key);
            gone += at.length;
            at.batch = batch;
            do {
                keys[count] = key;
                pop(at, out[count++]);
                ++at.held;
            } while (at.first != nullptr && count < max && !one_each_);
        }
        return count;
    }

    // Takes waiting entries whatever they wait for: they will not be handled.
    [[nodiscard]] std::size_t take_any(Slot* out, std::size_t max, std::size_t& gone) noexcept {
        std::size_t count = 0;
        while (ready_ != nullptr && count < max) {
            auto& at = find(ready_->key);
            auto* next = ready_->next_ready;
            while (at.first != nullptr && count < max) {
                pop(at, out[count++]);
                ++gone;
            }
            if (at.first != nullptr) {
                ready_ = at.first;
                ready_->next_ready = next;
                ready_last_ = next == nullptr ? ready_ : ready_last_;
                return count;
            }
            ready_ = next;
            erase(at);
        }
        for (std::size_t index = 0; index < capacity_ && count < max; ++index) {
            while (places_[index].first != nullptr && count < max) {
                pop(places_[index], out[count++]);
            }
        }
        return count;
    }

    [[nodiscard]] bool any_ready() const noexcept { return ready_ != nullptr; }
    // Entries in chains, ready ones included.
    [[nodiscard]] std::size_t waiting_count() const noexcept { return waiting_count_; }
    [[nodiscard]] std::size_t places() const noexcept { return capacity_; }
    [[nodiscard]] std::size_t keys_in_use() const noexcept { return used_; }

private:
    // The key's place, or the free one where it belongs.
    [[nodiscard]] place& find(std::uint64_t key) noexcept {
        const auto mask = capacity_ - 1;
        auto index = static_cast<std::size_t>(key) & mask;
        while (!places_[index].free() && places_[index].key != key) {
            index = (index + 1) & mask;
        }
        return places_[index];
    }

    // The place is free now: later ones of its run move up, so that probes still find them.
    void erase(place& gone) noexcept {
        --used_;
        const auto mask = capacity_ - 1;
        auto hole = static_cast<std::size_t>(&gone - places_);
        for (auto next = (hole + 1) & mask; !places_[next].free(); next = (next + 1) & mask) {
            const auto home = static_cast<std::size_t>(places_[next].key) & mask;
            if (((next - home) & mask) >= ((next - hole) & mask)) {
                places_[hole] = places_[next];
                places_[next] = place{};
                hole = next;
            }
        }
    }

    void grow(std::size_t keys) noexcept {
        auto wanted = capacity_ == 0 ? std::size_t{64} : capacity_;
        while (keys * 2 > wanted) {
            wanted *= 2;
        }
        void* block = allocate_bytes(wanted * sizeof(place), alignof(place));
        if (block == nullptr) {
            return;
        }
        auto* old = std::exchange(places_, static_cast<place*>(block));
        const auto before = std::exchange(capacity_, wanted);
        for (std::size_t index = 0; index < wanted; ++index) {
            ::new (places_ + index) place;
        }
        for (std::size_t index = 0; index < before; ++index) {
            if (!old[index].free()) {
                find(old[index].key) = old[index];
            }
        }
        free_places(old, before);
    }
    static void free_places(place* places, std::size_t count) noexcept {
        if (count != 0) {
            free_bytes(places, alignof(place));
        }
    }

    void pop(place& from, Slot& out) noexcept {
        auto* one = from.first;
        from.first = one->next;
        --from.length;
        --waiting_count_;
        out = one->slot;
        if (free_count_ * sizeof(waiting) < kept) {
            put_free(one);
        } else {
            free_bytes(one, alignof(waiting));
        }
    }
    void put_free(waiting* one) noexcept {
        one->next = free_;
        free_ = one;
        ++free_count_;
    }
    [[nodiscard]] waiting* take_free() noexcept {
        --free_count_;
        return std::exchange(free_, free_->next);
    }

    const bool one_each_;
    place* places_ = nullptr;
    std::size_t capacity_ = 0;  // a power of two
    std::size_t used_ = 0;
    waiting* free_ = nullptr;
    std::size_t free_count_ = 0;
    std::size_t waiting_count_ = 0;
    // Keys whose chains are ready, first come first served, by their chains' first entries.
    waiting* ready_ = nullptr;
    waiting* ready_last_ = nullptr;
};

}  // namespace stentor::inline v0::detail
