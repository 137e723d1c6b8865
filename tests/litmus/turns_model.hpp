// SPDX-License-Identifier: MIT
#pragma once

#include "registry/call_guard.hpp"
#include "registry/held_turns.hpp"
#include "support/explore/explore.hpp"
#include "support/explore/plain.hpp"
#include "support/explore/sync.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// One event, its deliveries, and who has to do with them: runners, whoever ends a subscription or
// the bus, and a drain that waits. Each delivery has a subscription and a lane of its own.
namespace stentor::explore {

using stentor::detail::basic_held_turns;
using stentor::detail::basic_turn;
using stentor::detail::call_guard;
using stentor::detail::turn_look;

// How runners, unsubscribers and drains use the turns. What the engine does is all true.
struct turn_rules {
    bool one_look = true;            // tells "not yet" from "in vain"
    bool takes_down_first = true;    // before it looks into the list
    bool blames_first = true;        // says that it failed before it takes down
    bool first_end_counts = true;    // of two
    bool enters_under_guard = true;  // and asks again there whether all is over
    bool closes_first = true;        // before it empties the list
    bool empties_again = true;       // when the runners are gone
    bool counts_what_left_last = true;
    bool tells_before_it_settles = true;
};

struct delivery_plan {
    std::vector<std::size_t> before{};
    bool requires_success = false;
    bool succeeds = true;
    bool stuck = false;  // its call does not return
};

template <class Sync>
struct explored_turn : basic_turn<Sync, explored_turn<Sync>> {
    using basic_turn<Sync, explored_turn<Sync>>::basic_turn;
    std::size_t number = 0;
};

// Follows core/src/dispatch/turns.cpp, runner_turns.cpp and bus/turns.cpp function by function,
// with the real turns, lists and call guards; keep them alike.
template <class Sync, class List = basic_held_turns<Sync, explored_turn<Sync>>>
class turns_model {
    using turn = explored_turn<Sync>;
    enum class end { none, completed, failed, dropped, cancelled };

    struct delivery {
        delivery(delivery_plan what, std::size_t at)
            : how(std::move(what)), mine(static_cast<std::uint32_t>(how.before.size())) {
            mine.number = at;
        }
        const delivery_plan how;
        turn mine;
        List held;
        std::vector<std::size_t> followers{};
        explored_sync::atomic<int> queued{how.stuck ? 0 : 1};  // entries in its lane
        explored_sync::atomic<bool> closed{false};
        plain<int> work{0, "what a handler has done"};
        end ended = end::none;
    };
    using guard = call_guard<explored_sync, delivery>;

public:
    explicit turns_model(const std::vector<delivery_plan>& plans, const turn_rules& rules = {})
        : rules_(rules) {
        for (const auto& one : plans) {
            all_.push_back(std::make_unique<delivery>(one, all_.size()));
            for (const auto first : one.before) {
                all_[first]->followers.push_back(all_.size() - 1);
            }
        }
    }

    // --- runner `which`, of one lane ------------------------------------------------------------
    void run(std::size_t which, std::size_t lane) {
        while (!stopping()) {
            serve(which, lane);
        }
    }
    void run_until_sent_away(std::size_t which, std::size_t lane) {
        while (!sent_away_.load(std::memory_order_acquire)) {
            serve(which, lane);
        }
        gone_.fetch_add(1, std::memory_order_release);
    }

    // --- whoever ends a subscription or the bus -------------------------------------------------
    void unsubscribe(std::size_t which) {
        auto& one = *all_[which];
        if (!rules_.closes_first) {
            empty(one);
        }
        one.closed.store(true, std::memory_order_release);
        explored_sync::heavy_fence();
        for (const auto& each : guards_) {
            while (each.holds(&one)) {
                explored_sync::pause();
            }
        }
        if (rules_.closes_first) {
            empty(one);
        }
    }
    // At the deadline of a drain, with so many runners.
    void end_bus(int runners) {
        cancelling_.store(true, std::memory_order_seq_cst);
        empty_all();
        sent_away_.store(true, std::memory_order_release);
        while (gone_.load(std::memory_order_acquire) != runners) {
            explored_sync::pause();
        }
        if (rules_.empties_again) {
            empty_all();
        }
        for (auto& one : all_) {
            while (take(*one)) {
                finish(*one, end::cancelled);
            }
        }
    }

    // --- a drain, when nobody publishes any more ------------------------------------------------
    void wait_idle() {
        while (!quiescent()) {
            explored_sync::pause();
        }
        for (const auto& one : all_) {
            check(one->how.stuck || one->ended != end::none, "idle means that all have ended");
        }
    }

    void check_end() const {
        for (const auto& one : all_) {
            check(one->how.stuck || one->ended != end::none, "no delivery stays behind");
            check(one->held.size() == 0, "no list keeps anything");
        }
        check(counts_.begun.load(std::memory_order_relaxed) ==
                  counts_.ended.load(std::memory_order_relaxed),
              "what was held is not any more");
    }
    // How each has ended: c, f, d or x, and - for those that have not.
    [[nodiscard]] std::string ends() const {
        std::string text;
        for (const auto& one : all_) {
            text += "-cfdx"[static_cast<std::size_t>(one->ended)];
        }
        return text;
    }

private:
    bool take(delivery& from) {
        auto count = from.queued.load(std::memory_order_relaxed);
        return count > 0 &&
               from.queued.compare_exchange_strong(count, count - 1, std::memory_order_acquire,
                                                   std::memory_order_relaxed);
    }
    void put_back(delivery& one) { one.queued.fetch_add(1, std::memory_order_release); }

    void serve(std::size_t which, std::size_t lane) {
        auto& to = *all_[lane];
        if (take(to)) {
            handle_in_turn(to, guards_[which]);
        } else {
            explored_sync::pause();
        }
    }

    void handle_in_turn(delivery& to, guard& mine) {
        while (true) {
            const auto next = to.mine.look(to.how.requires_success);
            if (next == turn_look::has_come) {
                call(to);
                return;
            }
            if (over(to)) {
                finish(to, end::cancelled);
                return;
            }
            const bool in_vain = rules_.one_look ? next == turn_look::in_vain
                                                 : to.mine.look(false) == turn_look::has_come;
            if (in_vain) {
                finish(to, end::dropped);
                return;
            }
            if (hold(to, mine)) {
                return;
            }
        }
    }
    [[nodiscard]] bool over(const delivery& one) const {
        return one.closed.load(std::memory_order_relaxed) ||
               cancelling_.load(std::memory_order_relaxed);
    }
    bool hold(delivery& to, guard& mine) {
        if (!rules_.enters_under_guard) {
            return to.held.enter(to.mine, counts_);
        }
        const auto* before = mine.enter(&to);
        const bool held = !over(to) && to.held.enter(to.mine, counts_);
        mine.exit(before);
        return held;
    }
    void call(delivery& to) {
        for (const auto first : to.how.before) {
            const auto& other = *all_[first];
            check(other.ended != end::none, "after means after");
            check(!to.how.requires_success || other.ended == end::completed,
                  "without the success that it requires");
            check(other.work.read() == (other.ended == end::completed ? 1 : 0),
                  "it sees what they did");
        }
        if (to.how.succeeds) {
            to.work.write(1);
        }
        finish(to, to.how.succeeds ? end::completed : end::failed);
    }

    void finish(delivery& one, end how) {
        check(one.ended == end::none, "no delivery goes on twice");
        check(how != end::dropped || in_vain(one), "what is dropped is in vain");
        one.ended = how;
        const auto count_settled = [this] { settled_.fetch_add(1, std::memory_order_release); };
        if (!rules_.tells_before_it_settles) {
            count_settled();
        }
        tell_ended(one, how == end::completed);
        if (choose(2) == 0) {
            tell_ended(one, false);  // who says it a second time does not count
        }
        if (rules_.tells_before_it_settles) {
            count_settled();
        }
        settle();
    }
    [[nodiscard]] bool in_vain(const delivery& one) const {
        bool failed = false;
        for (const auto first : one.how.before) {
            failed = failed || all_[first]->ended != end::completed;
        }
        return one.how.requires_success && failed;
    }
    void tell_ended(delivery& one, bool success) {
        if (!one.mine.end() && rules_.first_end_counts) {
            return;
        }
        for (const auto index : one.followers) {
            auto& next = *all_[index];
            if (comes(next, success)) {
                put_back(next);
            }
        }
    }
    bool comes(delivery& next, bool success) {
        if (!rules_.takes_down_first) {
            const bool held = next.held.leave(next.mine, counts_);
            static_cast<void>(next.mine.one_ended(success));
            return held;
        }
        const bool last = next.mine.one_ended(success || !rules_.blames_first);
        if (!success && !rules_.blames_first) {
            next.mine.in_vain.store(true, std::memory_order_relaxed);
        }
        return last && next.held.leave(next.mine, counts_);
    }

    void empty(delivery& which) {
        for (auto* one = which.held.leave_all(counts_); one != nullptr;) {
            auto& mine = *std::exchange(one, one->after);
            put_back(*all_[mine.number]);
        }
    }
    void empty_all() {
        for (auto& one : all_) {
            if (one->held.size() != 0) {
                empty(*one);
            }
        }
    }

    // As engine::quiescent() says.
    [[nodiscard]] bool quiescent() const {
        const auto early =
            rules_.counts_what_left_last ? 0 : counts_.ended.load(std::memory_order_seq_cst);
        const auto begun = counts_.begun.load(std::memory_order_seq_cst);
        const auto gone = settled_.load(std::memory_order_acquire);
        explored_sync::full_fence();
        const auto ended =
            rules_.counts_what_left_last ? counts_.ended.load(std::memory_order_seq_cst) : early;
        const auto held = static_cast<std::int64_t>(begun - ended);
        return static_cast<std::int64_t>(all_.size()) - gone - std::max<std::int64_t>(held, 0) <= 0;
    }

    const turn_rules rules_;
    std::vector<std::unique_ptr<delivery>> all_;
    std::array<guard, 3> guards_;
    typename List::counts_type counts_;
    explored_sync::atomic<std::int64_t> settled_{0};
    explored_sync::atomic<bool> cancelling_{false};
    explored_sync::atomic<bool> sent_away_{false};
    explored_sync::atomic<int> gone_{0};
};

}  // namespace stentor::explore
