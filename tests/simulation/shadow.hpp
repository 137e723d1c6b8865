// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/bus/redrive.hpp>
#include <stentor/event/delivery_report.hpp>
#include <stentor/event/event_id.hpp>
#include <stentor/event/publish_result.hpp>
#include <stentor/metrics/audit.hpp>
#include <stentor/registry/selector.hpp>
#include <stentor/registry/subscription.hpp>
#include <stentor/resilience/breaker.hpp>
#include <stentor/resilience/dead_letter.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stentor_test {

// What a subscription of the model promises.
struct shadow_limits {
    std::int64_t capacity = 0;
    bool own = false;      // has a lane of its own all its life
    bool limited = false;  // has a capacity of its own, and so a lane of its own
    bool required = false;
    bool blocks = false;
    bool lossy = false;  // drops, its own choice which, and does not tell the publisher
    // Is called inside publish, by the time it returns, unless that is deeper than eight calls.
    bool inlined = false;
    // Same key: never at the same time, and in the order of the publishes. 0: no order; 1: one key
    // for all events; else as many keys.
    int keys = 0;
    // One call at a time, of a lane of its own: in the order in which a publisher published.
    bool in_line = false;
    // So many attempts each delivery has, at most.
    std::int32_t attempts = 1;
    bool lettered = false;  // what fails is kept as a dead letter
    bool owed = false;      // and may have to wait for room
    bool falls = false;     // what fails is given to a fallback first
    bool holds = false;     // later events of a key stay behind its letters
    // Half open its breaker lets so many calls through. 0: no breaker.
    std::int32_t trials = 0;
    std::int64_t rate_ns = 0;  // a call each such time. 0: no rate
    // So many calls at the same time, at most; those that wait are counted, too. 0: any number.
    int at_once = 0;
};

// A model of what the engine has promised, which is told what happens and finds what must not. It
// knows nothing of lanes, runners or credits. The first violation is kept; what follows it is not
// looked at any more.
//
// One thread, so of two things that do not lie within each other one is before the other.
class shadow {
public:
    using sub = std::size_t;
    using number = std::int64_t;

    // --- what happens ------------------------------------------------------------------------
    void time_is(std::int64_t now_ns) { time_ns_ = now_ns; }
    [[nodiscard]] sub subscribe_begins(std::string name, unsigned topics,
                                       const shadow_limits& limits);
    void subscribe_returns(sub which);
    void unsubscribe_begins(sub which);
    void unsubscribe_returns(sub which, stentor::unsubscribe_result result, bool captures_gone);

    // `inside`: by a handler. `caused`: through its context.
    struct publish {
        number event = 0;
        unsigned topic = 0;  // one bit
        int key = 0;
        bool inside = false;
        bool caused = false;
        bool expires = false;  // it may end as expired
        bool waits = false;    // for room, whoever is full
    };
    void publish_begins(const publish& what);
    // `dropped`: the subscriptions that were full. `full`: whom rejected_full named.
    void publish_returns(number event, stentor::publish_status status,
                         const std::set<std::string>& dropped = {}, std::string_view full = {});

    // How a call ends; given back and put off, it is to come again, put off as the next attempt.
    enum class ending { completed, failed, given_back, put_off };
    void call_begins(sub which, number event, std::int32_t attempt = 1);
    void call_ends(sub which, number event, ending how);
    // A coroutine suspends, and is resumed.
    void call_waits(sub which, number event);
    void call_goes_on(sub which, number event);
    // Its coroutine was destroyed where it waited.
    void call_cancelled(sub which, number event);
    // The object that the subscription is tied to is gone; the engine ends it when it finds out.
    void owner_goes(sub which);
    void captures_are_gone(sub which) { subs_[which].captures_gone = true; }
    void drain_begins() { draining_ = true; }
    // Disabling and enabling. What is dropped is not known before a runner has found it, and what
    // was enabled again first may be delivered after all.
    void pause_begins(sub which, stentor::backlog what);
    // `from_within`: a call of the subscription itself did it. `until_ns`: it ends by itself then,
    // or as soon afterwards as anything happens.
    void pause_returns(sub which, bool from_within, std::optional<std::int64_t> until_ns = {});
    // Time has passed for all who waited for a moment, and what was due has happened.
    void moments_have_come();
    // Some call runs at this moment, so it is one that the present one lies in, or is it.
    [[nodiscard]] bool active(sub which) const {
        return subs_[which].running != subs_[which].waiting;
    }
    void resume_begins(sub which);

    // --- failing for good, in shadow_letters.cpp and shadow_redrives.cpp ---------------------
    // The fallback was called with a failed delivery. `threw`: it failed, too.
    void fallback_ends(sub which, number event, bool threw);
    using letter = std::uint64_t;  // the store's number
    // The store took a letter, or added to one; as it is now. Of what expired, or is behind another
    // letter, nobody has told before.
    void letter_put(sub which, number event, letter kept, std::uint64_t attempts,
                    std::uint64_t redrives,
                    stentor::dead_letter_reason why = stentor::dead_letter_reason::exhausted);
    // The store took none.
    void letter_refused(sub which, number event, stentor::dead_letter_reason why);
    // The numbers of the attempts that it tells of.
    void letter_tells(letter kept, const std::vector<std::int32_t>& attempts);
    // It is in the last place for what the store does not take.
    void letter_saved(sub which, number event);
    void letters_purged(const std::set<letter>& left);
    // A redrive begins, which may lie within another one, and claims a letter each `pace_ns`.
    void redrive_begins(std::int64_t pace_ns = 0);
    void letter_claimed(letter claimed);
    // The transform made this of its event, which is 0 as it was published.
    void letter_mended(letter claimed, std::int32_t mended);
    void redriven_call_begins(sub which, number event, std::int32_t attempt, std::int32_t mended);
    // How a claim ends.
    void letter_finished(letter claimed);
    void letter_given_back(letter claimed, std::uint64_t attempts, std::uint64_t redrives);
    void letter_released(letter claimed);
    // Null: it was refused.
    void redrive_returns(const stentor::redrive_report* report, bool dry);
    // Nothing can happen before there is room. `paused`: for want of it.
    void check_waiting(sub which, bool paused);
    // All that are in the store.
    void check_letters(const std::set<letter>& stored);
    // The bus is gone, and with it everything that was under way.
    void check_claims();
    // What is in the last place.
    void check_saved(const std::multiset<std::pair<sub, number>>& found);
    // Every call, letter and attempt of an event names it by the same id.
    void event_named(number event, stentor::event_id id);

    // --- gates, in shadow_gates.cpp ------------------------------------------------------------
    void breaker_changes(sub which, stentor::breaker_state to);
    // The call that ends next says nothing about what the breaker watches.
    void trial_is_none(sub which, number event);

    // What whoever tells the model has seen to be wrong.
    void complain(std::string what) { violate(std::move(what)); }

    // --- what must hold ----------------------------------------------------------------------
    // After each step.
    void check(const stentor::audit_report& books);
    // When nothing can happen any more. `abandoned`: a drain says that it cancelled something.
    void check_at_rest(const stentor::audit_report& books, bool abandoned = false);

    // Before a call, which may publish: what was dropped since the last look is of the innermost
    // publish, whose answer comes only after what the call publishes.
    void note_drops(const stentor::audit_report& books);
    static constexpr std::int64_t nesting_max = 8;
    // The subscriptions that have dropped more than the model knows of; the last thing that was
    // offered to them is that event.
    [[nodiscard]] std::set<std::string> dropped_since(const stentor::audit_report& books,
                                                      number event) const;
    // What a report says of one delivery that has ended.
    void delivery_reported(std::string_view name, number event, stentor::delivery_status status);
    // How many drops on_drop was told of.
    void drops_told(std::int64_t count, const stentor::audit_report& books);
    [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }
    [[nodiscard]] std::int64_t deliveries() const { return deliveries_; }
    // How often what is not in every scenario has happened.
    struct tally {
        std::int64_t redriven = 0;
        std::int64_t returned = 0;
        std::int64_t cut_short = 0;
        std::int64_t held = 0;
        std::int64_t refused = 0;
        std::int64_t stopped = 0;
        std::int64_t pending = 0;
        std::int64_t mended = 0;
        std::int64_t retried = 0;  // further attempts of redriven ones
        std::int64_t waiting = 0;  // for room
        std::int64_t fell_back = 0;
        std::int64_t fell_through = 0;  // their fallback failed
        std::int64_t saved = 0;
        std::int64_t opened = 0;  // breakers
        std::int64_t trials = 0;
        std::int64_t expired = 0;  // and have letters
        std::int64_t behind = 0;   // letters behind others of their key

        void operator+=(const tally& other);
    };
    [[nodiscard]] const tally& seen() const { return seen_; }
    [[nodiscard]] const std::string& name_of(sub which) const { return subs_[which].name; }
    [[nodiscard]] std::optional<sub> find(std::string_view name) const {
        const auto at = by_name_.find(name);
        return at != by_name_.end() ? std::optional(at->second) : std::nullopt;
    }

private:
    static constexpr std::int64_t never = INT64_MAX;

    enum class end { open, completed, failed, dropped, cancelled };
    struct delivery {
        end state = end::open;
        bool running = false;
        bool waiting = false;  // its coroutine, which is running all the same
        bool put_off = false;  // for another attempt: it keeps its key
        bool falls = false;    // its fallback is to be called
        bool unkept = false;   // it has failed for good, and is in no store
        bool laid = false;     // without a call, or another one
        bool redriven = false;
        std::int32_t attempts = 0;
        std::int64_t trial = 0;  // of which half-open phase; 0: none
        // The subscription was there during the whole publish, and did not drop while paused.
        bool certain = true;
    };
    struct subscription {
        std::string name;
        unsigned topics = 0;
        shadow_limits limits;
        std::int64_t begins = 0;  // of subscribe()
        std::int64_t made = never;
        std::int64_t closing = never;  // unsubscribe() was called
        std::int64_t over = never;     // and has returned
        std::int64_t deaf = never;     // no call begins after this
        bool captures_gone = false;
        bool owner_gone = false;  // nobody but calls keeps it alive
        std::int64_t completed = 0;
        std::int64_t failed = 0;
        std::int64_t dropped = 0;
        std::int64_t certain = 0;  // accepted
        std::int64_t perhaps = 0;
        std::int64_t full_at_most = 0;  // outstanding, if nothing ended since the last check
        std::int64_t running = 0;       // events in hand
        std::int64_t waiting = 0;       // of coroutines that wait
        std::int64_t put_off = 0;       // deliveries
        std::int64_t cancelled = 0;     // coroutines; what was queued is not known here
        std::int64_t nested = 0;        // inline calls that would have been too deep
        std::int64_t nested_perhaps = 0;
        std::int64_t falling = 0;    // deliveries that are to be given to the fallback
        std::int64_t kept = 0;       // letters that were taken, by whomever
        std::int64_t redriven = 0;   // accepted from redrives
        std::int64_t redriving = 0;  // claimed, and perhaps accepted
        std::int64_t beside = 0;     // and begun since the last check
        std::int64_t undone = 0;     // claims that were released: perhaps accepted
        std::int64_t cut_short = 0;  // released, after calls
        std::int64_t last_call_ns = -1;
        stentor::breaker_state gate = stentor::breaker_state::closed;
        std::int64_t phase = 0;     // how often it was half open
        std::int64_t admitted = 0;  // trials of this phase
        bool paused = false;
        std::optional<std::int64_t> until_ns{};  // of the pause
        bool held = false;                       // ever paused so
        bool dropping = false;                   // paused so, at this moment
        std::int64_t dropped_at = -1;            // the last moment at which it was; -1: never
        std::map<number, delivery> deliveries{};
        std::set<int> running_keys{};
    };
    struct occurrence {
        publish what;
        std::int64_t begins = 0;
        std::int64_t ends = never;
        bool late = false;  // it began after a drain had begun
        bool deep = false;  // inside as many inline calls as may nest
        bool accepted = false;
        bool refused = false;
        std::set<std::string> dropped{};  // noted before it returned
    };

    struct letter_entry {
        sub of = 0;
        number event = 0;
        std::uint64_t attempts = 0;
        std::uint64_t redrives = 0;
        std::int64_t claimed = 0;  // when; 0: it is not
        std::size_t run = 0;       // the redrive that has it
        bool called = false;       // since the claim
        bool put = false;          // since the claim
        std::int32_t mended = 0;
    };
    // Of one redrive.
    struct redrive {
        std::uint64_t claimed = 0;
        std::uint64_t finished = 0;
        std::uint64_t returned = 0;
        std::uint64_t released = 0;
        std::uint64_t cut_short = 0;             // of those released: they were called
        std::map<sub, std::int64_t> uncalled{};  // of those released
        std::map<letter, letter_entry> came_back{};
        std::int64_t pace_ns = 0;
        std::int64_t last_claim_ns = -1;
    };

    void violate(std::string what);
    [[nodiscard]] bool broken() const { return violation_.has_value(); }
    [[nodiscard]] std::string about(const subscription& one, number event) const;
    [[nodiscard]] static bool matches(const subscription& one, const occurrence& what) {
        return (one.topics & what.what.topic) != 0;
    }
    [[nodiscard]] bool may_get(const subscription& one, const occurrence& what) const;
    [[nodiscard]] bool must_get(const subscription& one, const occurrence& what) const;
    [[nodiscard]] bool brimming(const subscription& one, const occurrence& what) const;
    [[nodiscard]] bool full(const subscription& one, const occurrence& what) const {
        return !one.limits.lossy && brimming(one, what);
    }
    [[nodiscard]] std::int64_t from_inside(const subscription& one) const;
    void owner_may_end(subscription& one) const;
    void accept(occurrence& what, const std::set<std::string>& dropped);
    void accept_inlined(subscription& one, const occurrence& what, delivery& delivered,
                        bool certain);
    void check_inlined(const subscription& one, const occurrence& what);
    void check_parts(const occurrence& what, stentor::publish_status status, bool dropped);
    void check_status(const occurrence& what, stentor::publish_status status,
                      const std::set<std::string>& dropped, std::string_view full);
    void check_refusal(const occurrence& what, std::string_view full);
    void free_key(subscription& one, number event) const;
    void end_pause(subscription& one) const;
    void look_at_time(subscription& one) const;
    void check_call(sub which, number event, std::int32_t attempt, bool redriven);
    void start_call(sub which, number event, std::int64_t since);
    void check_order(const subscription& one, const occurrence& what, std::int64_t since);
    void check_line(const subscription& one, const occurrence& what);
    void check_gates(subscription& one, delivery& delivered, number event);
    void check_ends(const subscription& one, const stentor::delivery_terms& terms);
    void check_sums(const stentor::delivery_terms& all);
    [[nodiscard]] letter_entry* claimed_letter(letter which, const char* what);
    [[nodiscard]] letter find_letter(sub which, number event) const;
    [[nodiscard]] bool held(sub which, number event) const;
    void lay_away(sub which, number event, stentor::dead_letter_reason why);
    [[nodiscard]] bool same_key(const letter_entry& one, const letter_entry& other) const;
    void check_turn(letter which, const letter_entry& one);
    void end_claim(letter_entry& one);
    // Failed for good, and neither kept nor counted as lost.
    [[nodiscard]] static std::int64_t unkept(const subscription& one) {
        return one.limits.lettered ? one.failed - one.kept : 0;
    }
    void check_row(subscription& one, const stentor::delivery_terms& terms);
    void check_rest(const subscription& one, bool abandoned);
    void check_losses(const subscription& one, const stentor::delivery_terms& terms);
    void check_pause(const subscription& one, const stentor::delivery_terms& terms);
    [[nodiscard]] bool uninterrupted(const occurrence& what) const;

    std::vector<subscription> subs_;
    std::map<number, occurrence> events_;
    std::set<number> open_;  // publishes that have not returned
    std::map<std::string, sub, std::less<>> by_name_;
    std::map<letter, letter_entry> letters_;
    std::vector<redrive> redrives_;         // all that ever were
    std::vector<std::size_t> redriving_{};  // those that have not returned
    std::map<number, stentor::event_id> ids_;
    std::multiset<std::pair<sub, number>> saved_;
    tally seen_;
    std::int64_t time_ns_ = 0;
    std::int64_t now_ = 0;  // counts what happens
    std::int64_t deliveries_ = 0;
    std::int64_t depth_ = 0;  // of inline calls
    bool draining_ = false;
    std::optional<std::string> violation_;
};

}  // namespace stentor_test
