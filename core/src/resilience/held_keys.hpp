// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/resilience/dead_letter_store.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace stentor::inline v0::detail {

// The keys of a by_key subscription that have dead letters, whose later events must not overtake
// those. It knows of each key the numbers of the letters; whether one is still there it asks the
// store, so that it does not matter who redrives or purges them.
//
// A key that has no letters any more is forgotten when it is asked for, and otherwise bit by bit:
// each letter that is added looks at two other keys.
//
// Threads: any; the functions that name a key by whoever holds that key. Progress: blocking; not
// under the lock while the store is asked.
class held_keys {
public:
    explicit held_keys(std::shared_ptr<dead_letter_store> store) noexcept
        : store_(std::move(store)) {}

    // A letter of that key may be stored soon: from here on its add() needs no memory. One add()
    // for each. False: no memory.
    [[nodiscard]] bool expect(std::uint64_t key) noexcept;
    // Its number; 0: it is not in the store.
    void add(std::uint64_t key, std::uint64_t number) noexcept;
    // The latest letter of that key; 0: there is none.
    [[nodiscard]] std::uint64_t latest(std::uint64_t key) noexcept;

    // How many keys it knows. 0 only when none has letters.
    [[nodiscard]] std::size_t size() const noexcept {
        return size_.load(std::memory_order_relaxed);
    }

private:
    struct letters {
        std::vector<std::uint64_t> numbers;
        std::size_t expected = 0;
    };
    using keys = std::map<std::uint64_t, letters>;

    [[nodiscard]] bool in_store(std::uint64_t number) const noexcept;
    void forget(std::uint64_t key, std::uint64_t number) noexcept;
    void erase_if_done(keys::iterator at) noexcept;
    void look_round(std::uint64_t key) noexcept;

    const std::shared_ptr<dead_letter_store> store_;
    std::mutex mutex_;
    // Below: under the lock.
    keys keys_;
    std::uint64_t looked_at_ = 0;
    // Written under the lock.
    std::atomic<std::size_t> size_{0};
};

}  // namespace stentor::inline v0::detail
