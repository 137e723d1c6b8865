// SPDX-License-Identifier: MIT
#pragma once

#include "registry/turns.hpp"
#include <stentor/event/delivery_report.hpp>
#include <stentor/event/slot.hpp>

#include <string>

// What the end of a delivery means to others: to who waits for what becomes of the event, and to
// the deliveries of the event that come after it.
namespace stentor::inline v0::detail {

class scheduler;
class subscription_record;

// Once or more for each delivery of an event with an envelope; the first time counts. By the thread
// that ends it, before the entry is settled, because until then the entry keeps the route.
void tell_ended(scheduler& shared, const slot_header& slot, const subscription_record& one,
                delivery_status status, std::string error = {}) noexcept;

// Back into its lane, in front. The caller's: it has left the list, and something else keeps the
// lane. Without memory it ends as dropped.
void take_turn(scheduler& shared, delivery_turn& one) noexcept;

}  // namespace stentor::inline v0::detail
