// SPDX-License-Identifier: MIT
#pragma once

#include "chat_service.hpp"
#include "fault.hpp"
#include "letter_shares.hpp"
#include "options.hpp"
#include <stentor/stentor.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

// Three handlers for whom not all goes well, and what the bus does about that:
//
//   chat    talks to a service that fails now and then, and is down for a while: retries, and a
//           breaker that leaves the service alone while it is down
//   board   has a bug: there is a kind of card on which it throws, every time. No retry helps, so
//           these events become dead letters, which are redriven when the bug is fixed
//   alerts  must lose no event. Its mail server is down, for some alerts the fallback fails as
//           well, its share of the dead letter store is small: the others end in an emergency file

namespace github {

// What these handlers talk to, and what is broken in it. Outlives the bus.
struct troubles {
    // How many letters of "alerts" the store takes.
    static constexpr std::size_t share_of_alerts = 2;

    troubles(stentor::clock& time, const options& chosen)
        : chat(time, chosen.flaky_seed, chosen.down_at) {}

    // All works from now on.
    void repair();

    chat_service chat;
    std::atomic<std::int64_t> breaker_openings{0};  // a sum that orders nothing, as the next ones
    fault board_bug{2'000};
    std::atomic<std::int64_t> cards{0};
    fault mail_outage{10'000};
    std::atomic<std::int64_t> alerts_mailed{0};
    std::atomic<std::int64_t> alerts_put_off{0};  // by the fallback: they can wait for a human
    std::shared_ptr<letter_shares> letters =
        std::make_shared<letter_shares>(letter_shares::shares{{"alerts", share_of_alerts}});
};

// Subscribes them for the life of the bus, which needs `all.letters` and an emergency file.
void subscribe_troubled(stentor::bus& bus, troubles& all);

}  // namespace github
