// SPDX-License-Identifier: MIT

#include "troubled_handlers.hpp"

#include "json.hpp"

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace github {
namespace {

using namespace std::chrono_literals;

void count(std::atomic<std::int64_t>& sum) {
    sum.fetch_add(1, std::memory_order_relaxed);
}

// The text at a JSON pointer, when there is a text.
std::optional<std::string> text_at(const stentor::any_event& event, std::string_view pointer) {
    auto payload = json::open_copy(event.text());
    std::string_view text;
    if (payload.at_pointer(pointer).get_string().get(text) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    return std::string(text);
}

// A failed call is made again, soon and then later. When half of them fail the breaker opens: then
// comments wait where they are, without an attempt, and a few try from time to time.
void subscribe_chat(stentor::bus& bus, troubles& all) {
    bus.keep(bus.subscribe(
        "chat", stentor::pattern("github.issue_comment.*"),
        [&all](const stentor::any_event& event) {
            all.chat.post(text_at(event, "/comment/body").value_or("a comment without text"));
        },
        {.deadline = 1s,
         .retry =
             stentor::retry_policy{
                 .max_attempts = 8,
                 .base = 20ms,
                 .cap = 200ms,
                 // A fifth of the calls fail even when it is well: more than the usual budget.
                 .budget = stentor::retry_budget{.share = 0.5}},
         .breaker = stentor::breaker{.name = "chat",
                                     .window = 50,
                                     .min_calls = 20,
                                     .open_for = 250ms,
                                     .open_max = 500ms,
                                     .trials = 3,
                                     .on_change = [&all](const stentor::breaker_change& change) {
                                         if (change.to == stentor::breaker_state::open) {
                                             count(all.breaker_openings);
                                         }
                                     }}}));
}

// Nobody thought of cards that stand for an issue: they have no note. An error in the handler, so
// the same event would fail again, and it says so.
void subscribe_board(stentor::bus& bus, troubles& all) {
    bus.keep(bus.subscribe("board", stentor::pattern("github.project_card.created"),
                           [&all](const stentor::any_event& event) {
                               const auto note = text_at(event, "/project_card/note");
                               if (!note && all.board_bug.strikes()) {
                                   throw stentor::permanent_error(
                                       "/project_card/note is missing or no string");
                               }
                               // Repaired, it shows the issue instead.
                               if (note || text_at(event, "/project_card/content_url")) {
                                   count(all.cards);
                               }
                           },
                           {.dead_letters = true}));
}

// Critical: whatever fails, no alert is lost.
void subscribe_alerts(stentor::bus& bus, troubles& all) {
    bus.keep(bus.subscribe(
        "alerts", stentor::pattern("github.security_advisory.*"),
        [&all](const stentor::any_event&) {
            if (all.mail_outage.strikes()) {
                throw std::runtime_error("the mail server does not answer");
            }
            count(all.alerts_mailed);
        },
        // Each alert needs its retry, so there is no budget.
        {.retry = stentor::retry_policy{.max_attempts = 2, .immediate = 1, .budget = std::nullopt},
         .fallback =
             [&all](const stentor::any_event& event, const stentor::failure&) {
                 if (text_at(event, "/security_advisory/severity") == "critical" &&
                     all.mail_outage.is_there()) {
                     throw std::runtime_error("a critical alert, and nobody is on call");
                 }
                 count(all.alerts_put_off);
             },
         .critical = true}));
}

}  // namespace

void troubles::repair() {
    chat.repair();
    board_bug.repair();
    mail_outage.repair();
    letters->lift_share_of("alerts");
}

void subscribe_troubled(stentor::bus& bus, troubles& all) {
    subscribe_chat(bus, all);
    subscribe_board(bus, all);
    subscribe_alerts(bus, all);
}

}  // namespace github
