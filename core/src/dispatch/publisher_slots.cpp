// SPDX-License-Identifier: MIT
#include "dispatch/publisher_slots.hpp"

namespace stentor::inline v0::detail {

namespace {

struct held_lease {
    std::shared_ptr<slot_pool> pool;
    publisher_slot* slot;
};

// All leases of a thread; returns them when the thread ends.
class lease_list {
public:
    ~lease_list() {
        for (auto& one : leases_) {
            one.pool->give_back(one.slot);
        }
    }

    publisher_slot* find(const slot_pool* pool) const noexcept {
        for (const auto& one : leases_) {
            if (one.pool.get() == pool) {
                return one.slot;
            }
        }
        return nullptr;
    }

    publisher_slot* add(const std::shared_ptr<slot_pool>& pool) noexcept {
        std::erase_if(leases_, [](const held_lease& one) {
            if (!one.pool->retired()) {
                return false;
            }
            one.pool->give_back(one.slot);
            return true;
        });
        auto* slot = pool->lease();
        if (slot != nullptr) {
#if defined(__cpp_exceptions)
            try {
                leases_.push_back({pool, slot});
            } catch (...) {
                pool->give_back(slot);
                return nullptr;
            }
#else
            leases_.push_back({pool, slot});
#endif
        }
        return slot;
    }

private:
    std::vector<held_lease> leases_;
};

struct lease_owner {
    lease_list list;
    ~lease_owner() { last_lease_of_thread = {.ended = true}; }
};

lease_list& leases() {
    thread_local lease_owner owner;
    return owner.list;
}

}  // namespace

constinit thread_local last_lease last_lease_of_thread{};

slot_pool::slot_pool(std::uint32_t leased_max, std::uint64_t ticket_base, const void* owner)
    : leased_max_(leased_max),
      total_(leased_max + shared_slots),
      slots_(std::make_unique<publisher_slot[]>(total_)),
      taken_(std::make_unique<std::atomic<bool>[]>(leased_max)) {
    for (std::uint32_t index = 0; index < total_; ++index) {
        auto& slot = slots_[index];
        slot.index = index;
        slot.shared = index >= leased_max;
        // 2^48 tickets to each slot before two could meet.
        slot.ticket_base = ticket_base + ((std::uint64_t{index} + 1) << 48);
        slot.jitter = index * 2654435761U + 1;
        slot.outermost.owner = owner;
    }
}

publisher_slot* slot_pool::lease() noexcept {
    for (std::uint32_t index = 0; index < leased_max_; ++index) {
        // acquire: everything the previous holder did with the slot. [PAIR slot]
        if (!taken_[index].load(std::memory_order_relaxed) &&
            !taken_[index].exchange(true, std::memory_order_acquire)) {
            return &slots_[index];
        }
    }
    return nullptr;
}

void slot_pool::give_back(publisher_slot* slot) noexcept {
    taken_[slot->index].store(false, std::memory_order_release);  // [PAIR slot]
}

publisher_slot* slot_pool::claim_shared() noexcept {
    for (;;) {
        for (std::uint32_t index = leased_max_; index < total_; ++index) {
            auto& slot = slots_[index];
            if (!slot.claimed.load(std::memory_order_relaxed) &&
                !slot.claimed.exchange(true, std::memory_order_acquire)) {
                return &slot;
            }
        }
        real_sync::pause();
    }
}

void slot_pool::unclaim(publisher_slot* slot) noexcept {
    slot->claimed.store(false, std::memory_order_release);  // [PAIR slot]
}

publisher_slot* slot_pool::find_lease(const std::shared_ptr<slot_pool>& pool) noexcept {
    auto& last = last_lease_of_thread;
    if (last.ended) {
        return nullptr;
    }
    last = {};  // adding a lease may free the pool that it names
    auto* slot = leases().find(pool.get());
    if (slot == nullptr) {
        slot = leases().add(pool);
    }
    if (slot != nullptr) {
        last.pool = pool.get();
        last.slot = slot;
    }
    return slot;
}

}  // namespace stentor::inline v0::detail
