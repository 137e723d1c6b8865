// SPDX-License-Identifier: MIT
#pragma once

#include "lane/key_table.hpp"
#include "lane/lane.hpp"
#include "lane/lane_slot.hpp"
#include "lane/linked_queue.hpp"
#include <stentor/event/event_key.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>

// A lane that keeps an order: entries of one key are never with two batches at once, and are given
// out in the order of their publishes.
//
// One runner at a time distributes: it takes entries from the linear queue, asks for their keys
// (that is users' code, and runs under no lock), and claims the keys in the queue's order under the
// mutex. What finds its key in use waits in the table. Other runners that come meanwhile take what
// is ready and do not wait; pending() brings them back. A release makes what waited ready.
//
// No entry is stranded: what is in the queue or ready counts in pending(), and lane_state sees to
// the rest; what waits has a holder, and the holder's release makes it ready and announces it as a
// publish would be. What waits for a held key does not count, so that nobody spins for it.
//
// Why per key nothing overtakes. The queue's order is that of happens-before (linked_queue.hpp).
// The distributor's flag passes from one to the next with release and acquire, so claims are made
// in the queue's order. A claim is given only if the key is not in use, or held by this very batch
// with nothing waiting: then the batch, which is handled in its order, has all earlier entries.
// Otherwise the entry goes behind those that wait, and they leave first in, first out, to one batch
// at a time.
namespace stentor::inline v0::detail {

template <std::size_t Size>
class ordered_lane final : public lane {
    using entry = slot<Size>;
    using queue = linked_queue<real_sync, entry>;

    struct port final : lane_port {
        port(std::uint32_t slot, queue& owner) : lane_port(slot), producer(owner) {}
        typename queue::producer producer;
    };

    // Entries that a runner distributes in one call without having one for itself.
    static constexpr std::size_t passed_on_max = 256;
    static constexpr std::size_t reserved_max = 128;  // as many as a batch of a runner

public:
    explicit ordered_lane(const traits& what) : lane(what), table_(what.one_each) {
        allowance_ = table_.reserve(reserved_max);
    }
    // False: it was made without the memory that it needs.
    [[nodiscard]] bool usable() const noexcept { return allowance_ != 0; }
    ~ordered_lane() override {
        queue_.clear();
        for (auto* one = first_port(); one != nullptr;) {
            auto* next = one->next;
            delete one;
            one = next;
        }
    }

    lane_port* add_port(std::uint32_t slot) noexcept override {
        auto* made = new (std::nothrow) port(slot, queue_);
        if (made != nullptr) {
            link(made);
        }
        return made;
    }

    bool enqueue(lane_port& through, const slot_header& header,
                 const std::byte* payload) noexcept override {
        entry draft;
        entry::write_draft(draft.bytes, header, payload);
        if (!queue_.enqueue(static_cast<port&>(through).producer, draft)) {
            return false;
        }
        through.enqueued.add();
        return true;
    }

    void write_draft(std::byte* out, const slot_header& header,
                     const std::byte* payload) const noexcept override {
        entry::write_draft(out, header, payload);
    }

    bool enqueue_bulk(lane_port& through, const std::byte* drafts,
                      std::size_t count) noexcept override {
        if (!queue_.enqueue_bulk(static_cast<port&>(through).producer,
                                 reinterpret_cast<const entry*>(drafts), count)) {
            return false;
        }
        through.enqueued.add(count);
        return true;
    }

    std::size_t dequeue(std::uint32_t, std::byte*, std::size_t) noexcept override {
        STENTOR_ASSERT(false, "an ordered lane gives nothing out without its key");
        return 0;
    }

    std::size_t dequeue_in_order(key_reader& reader, std::byte* out, std::uint64_t* keys,
                                 std::size_t max) noexcept override {
        auto* slots = reinterpret_cast<entry*>(out);
        std::uint32_t batch = 0;
        auto count = any_ready() ? take_ready(batch, slots, keys, max) : 0;
        if (count == max || !begin_distributing()) {
            return count;
        }
        for (std::size_t passed_on = 0; count < max && passed_on < passed_on_max;) {
            const auto taken = queue_.dequeue(slots + count, std::min(max - count, allowance()));
            if (taken == 0) {
                break;
            }
            count_dequeued(taken);
            if (limits().order == lane_order::serial) {
                std::fill_n(keys + count, taken, 0);
            } else {
                reader.read_keys(*this, out + count * Size, taken, keys + count);
            }
            const auto given = claim(batch, slots + count, keys + count, taken);
            passed_on += taken - given;
            count += given;
        }
        end_distributing();
        if (dropping()) [[unlikely]] {
            give_notice();  // what waits for its key now may have been overlooked
        }
        return count;
    }

    std::size_t dequeue_cancelled(std::uint32_t, std::byte* out, std::uint64_t* keys,
                                  std::size_t max) noexcept override {
        auto* slots = reinterpret_cast<entry*>(out);
        std::size_t count = 0;
        {
            const std::lock_guard lock(mutex_);
            std::size_t gone = 0;
            count = table_.take_any(slots, max, gone);
            count_ready(-static_cast<std::int64_t>(gone));
        }
        if (count < max && begin_distributing()) {
            const auto taken = queue_.dequeue(slots + count, max - count);
            count_dequeued(taken);
            count += taken;
            end_distributing();
        }
        std::fill_n(keys, count, key_free);
        return count;
    }

    // Of those that wait for their keys, or else the head of the queue. By publishers, so it waits
    // for nobody: where a runner is at it, there is nothing to be had.
    bool dequeue_oldest(std::byte* out) noexcept override {
        auto* slots = reinterpret_cast<entry*>(out);
        if (std::unique_lock lock(mutex_, std::try_to_lock); lock.owns_lock()) {
            std::size_t gone = 0;
            const auto count = table_.take_any(slots, 1, gone);
            count_ready(-static_cast<std::int64_t>(gone));
            if (count != 0) {
                return true;
            }
        }
        if (!begin_distributing()) {
            return false;
        }
        const auto taken = queue_.dequeue(slots, 1);
        count_dequeued(taken);
        end_distributing();
        return taken != 0;
    }

    std::int64_t behind_keys() noexcept override {
        const std::lock_guard lock(mutex_);
        return static_cast<std::int64_t>(table_.waiting_count()) - ready_count();
    }

    bool give_back(std::uint64_t key, const std::byte* from) noexcept override {
        const std::lock_guard lock(mutex_);
        return table_.give_back(key, *reinterpret_cast<const entry*>(from));
    }

    bool release(const std::uint64_t* keys, std::size_t count) noexcept override {
        std::size_t ready = 0;
        const std::lock_guard lock(mutex_);
        for (std::size_t at = 0; at < count; ++at) {
            if (keys[at] < key_failed) {
                ready += table_.release(keys[at]);
            }
        }
        if (ready != 0) {
            count_ready(static_cast<std::int64_t>(ready));
        }
        return ready != 0;
    }

private:
    // By the distributor: as many entries as are sure to find a place in the table.
    [[nodiscard]] std::size_t allowance() noexcept {
        if (allowance_ == 0) [[unlikely]] {
            const std::lock_guard lock(mutex_);
            allowance_ = table_.reserve(reserved_max);
        }
        return allowance_;
    }

    // Under the mutex. 0 is no batch.
    void number(std::uint32_t& batch) noexcept {
        if (batch == 0) {
            batch = ++batches_ != 0 ? batches_ : ++batches_;
        }
    }

    // What waited and need not any more.
    [[nodiscard]] std::size_t take_ready(std::uint32_t& batch, entry* out, std::uint64_t* keys,
                                         std::size_t max) noexcept {
        const std::lock_guard lock(mutex_);
        number(batch);
        std::size_t gone = 0;
        const auto count = table_.take_ready(batch, out, keys, max, gone);
        if (gone != 0) {
            count_ready(-static_cast<std::int64_t>(gone));
        }
        return count;
    }

    // By the distributor. Moves what the batch gets together, and returns how much it is.
    [[nodiscard]] std::size_t claim(std::uint32_t& batch, entry* slots, std::uint64_t* keys,
                                    std::size_t count) noexcept {
        using claimed = typename key_table<entry>::claimed;
        std::size_t given = 0;
        std::int64_t ready = 0;
        const std::lock_guard lock(mutex_);
        number(batch);
        for (std::size_t at = 0; at < count; ++at) {
            const auto outcome =
                keys[at] >= key_failed ? claimed::given : table_.claim(keys[at], batch, slots[at]);
            if (outcome != claimed::given) {
                ready += outcome == claimed::ready ? 1 : 0;
                continue;
            }
            if (given != at) {
                slots[given] = slots[at];
                keys[given] = keys[at];
            }
            ++given;
        }
        if (ready != 0) {
            count_ready(ready);
        }
        allowance_ = table_.reserve(reserved_max);
        return given;
    }

    // Not a wait: whoever finds another one at it goes.
    [[nodiscard]] bool begin_distributing() noexcept {
        return !distributing_.load(std::memory_order_relaxed) &&
               !distributing_.exchange(true, std::memory_order_acquire);  // [PAIR distributor]
    }
    void end_distributing() noexcept {
        distributing_.store(false, std::memory_order_release);  // [PAIR distributor]
    }

    queue queue_;
    // Some runner is between the queue and the claims. Written by runners.
    alignas(cache_line_size) std::atomic<bool> distributing_{false};
    std::size_t allowance_ = 0;  // the distributor's: claims that memory was had for
    std::mutex mutex_;
    key_table<entry> table_;     // under the mutex
    std::uint32_t batches_ = 0;  // under the mutex
};

}  // namespace stentor::inline v0::detail
