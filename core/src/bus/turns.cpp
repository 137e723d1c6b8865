// SPDX-License-Identifier: MIT
#include "dispatch/turns.hpp"

#include "base/attempt.hpp"
#include "bus/life.hpp"
#include "bus/subscription_checks.hpp"

#include <algorithm>

// Subscriptions that come after others: what of that can be, who of a route it concerns, and the
// end of those that wait.
namespace stentor::inline v0::detail {

namespace {

constexpr std::uint32_t no_place = ~std::uint32_t{0};

}  // namespace

// Null: nobody comes after another one that is there.
std::unique_ptr<turn_plan> engine::life::plan_turns(const route& fresh) {
    auto plan = std::make_unique<turn_plan>();
    std::vector<std::uint32_t> places(fresh.subscriptions.size(), no_place);
    const auto place_of = [&](std::size_t index) {
        if (places[index] == no_place) {
            places[index] = static_cast<std::uint32_t>(plan->members.size());
            plan->members.push_back({.who = fresh.subscriptions[index].get()});
        }
        return places[index];
    };
    for (std::size_t index = 0; index < fresh.subscriptions.size(); ++index) {
        const auto& one = *fresh.subscriptions[index];
        for (std::size_t other = 0; !one.options.after.empty() && other < places.size(); ++other) {
            if (std::ranges::find(one.options.after.names(), fresh.subscriptions[other]->name) ==
                one.options.after.names().end()) {
                continue;
            }
            const auto mine = place_of(index);
            plan->members[place_of(other)].followers.push_back(mine);
            plan->members[mine].through = one.own.get();
            ++plan->members[mine].waits_for;
        }
    }
    return plan->members.empty() ? nullptr : std::move(plan);
}

// Whether it would come after itself, through others. Each circle has one that is subscribed last.
std::optional<error> engine::life::circle_of(const subscription_record& wanted) const {
    struct step {
        const subscription_record* who;
        std::size_t from;  // in the list: who comes after it
    };
    std::vector<step> reached{{&wanted, 0}};
    for (std::size_t at = 0; at < reached.size(); ++at) {
        for (const auto& name : reached[at].who->options.after.names()) {
            if (name == wanted.name) {
                auto circle = name;
                for (auto back = at; back != 0; back = reached[back].from) {
                    circle.insert(0, reached[back].who->name + " -> ");
                }
                return error(errc::invalid_option,
                             subject_of(wanted.name) + ": after closes a circle: " + wanted.name +
                                 " -> " + circle +
                                 ", so none of them could ever start; take one name out of one "
                                 "of them");
            }
            const auto found = of_.by_name_.find(name);
            if (found != of_.by_name_.end() &&
                std::ranges::find(reached, found->second.get(), &step::who) == reached.end()) {
                reached.push_back({found->second.get(), at});
            }
        }
    }
    return std::nullopt;
}

// What it waits for is of no interest any more: its deliveries go back into its lane, to be
// cancelled there.
void engine::life::end_turns(subscription_record& record) noexcept {
    std::shared_ptr<lane> kept;
    for (auto* one = record.turns.leave_all(of_.shared_.turns); one != nullptr;) {
        auto& mine = *std::exchange(one, one->after);
        if (kept == nullptr) {
            kept = of_.lane_kept(mine.place.through->id());  // the same for all: they never move
        }
        take_turn(of_.shared_, mine);
    }
}

// When the bus ends; nobody begins to wait any more.
void engine::life::end_all_turns() noexcept {
    const auto next = [this]() -> record_ptr {
        const std::lock_guard lock(of_.registry_);
        for (const auto* list : {&of_.active_, &of_.closed_}) {
            for (const auto& one : *list) {
                if (one->turns.size() != 0) {
                    return one;
                }
            }
        }
        return nullptr;
    };
    while (const auto one = next()) {
        end_turns(*one);
    }
}

}  // namespace stentor::inline v0::detail
