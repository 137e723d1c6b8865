// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/publisher_slots.hpp"

namespace stentor::inline v0::detail {

// While a publisher runs code of the user's before it publishes: a shared slot is for others
// meanwhile, who may publish something else. On the publisher's stack, outside its section.
class away_from_slot {
public:
    away_from_slot(slot_pool& pool, publisher_slot*& slot) noexcept
        : pool_(pool), slot_(slot), shared_(slot->shared) {
        if (shared_) {
            slot_pool::unclaim(slot_);
        }
    }
    away_from_slot(const away_from_slot&) = delete;
    away_from_slot& operator=(const away_from_slot&) = delete;
    ~away_from_slot() {
        if (shared_) {
            slot_ = pool_.claim_shared();
        }
    }

private:
    slot_pool& pool_;
    publisher_slot*& slot_;
    bool shared_;
};

}  // namespace stentor::inline v0::detail
