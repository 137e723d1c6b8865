// SPDX-License-Identifier: MIT
#include "simulation/shadow.hpp"

#include <algorithm>
#include <utility>

// What happens, as the model hears of it.
namespace stentor_test {

using stentor::publish_status;
using stentor::unsubscribe_result;

void shadow::violate(std::string what) {
    if (!violation_) {
        violation_ = std::move(what);
    }
}

std::string shadow::about(const subscription& one, number event) const {
    return one.name + ", event " + std::to_string(event);
}

shadow::sub shadow::subscribe_begins(std::string name, unsigned topics,
                                     const shadow_limits& limits) {
    by_name_[name] = subs_.size();
    subs_.push_back(
        {.name = std::move(name), .topics = topics, .limits = limits, .begins = ++now_});
    return subs_.size() - 1;
}

void shadow::subscribe_returns(sub which) {
    subs_[which].made = ++now_;
}

void shadow::unsubscribe_begins(sub which) {
    auto& one = subs_[which];
    one.closing = std::min(one.closing, ++now_);
}

void shadow::unsubscribe_returns(sub which, unsubscribe_result result, bool captures_gone) {
    auto& one = subs_[which];
    one.over = std::min(one.over, ++now_);
    one.deaf = std::min(one.deaf, now_);
    one.captures_gone = one.captures_gone || captures_gone;
    if (result == unsubscribe_result::done) {
        for (const auto& [event, what] : one.deliveries) {
            if (what.running) {
                violate("unsubscribe returned done while the handler runs: " + about(one, event));
            }
        }
        if (!captures_gone) {
            violate("unsubscribe returned done and the captures are there: " + one.name);
        }
    }
}

void shadow::owner_goes(sub which) {
    auto& one = subs_[which];
    one.closing = std::min(one.closing, ++now_);
    one.owner_gone = true;
    owner_may_end(one);
}

// Calls keep it alive, a batch of them at a time, and coroutines as long as they last.
void shadow::owner_may_end(subscription& one) const {
    if (one.owner_gone && one.running == 0) {
        one.deaf = std::min(one.deaf, now_);
    }
}

std::set<std::string> shadow::dropped_since(const stentor::audit_report& books,
                                            number number_of) const {
    std::set<std::string> names;
    std::set<std::string_view> rows;
    for (const auto& [name, terms] : books.subscriptions) {
        rows.insert(name);
        const auto at = by_name_.find(name);
        if (at != by_name_.end() && subs_[at->second].dropped != terms.dropped_full) {
            names.insert(name);
        }
    }
    // One that was over may have lost its row meanwhile; its drops are in the sum of such.
    auto nameless = books.removed.dropped_full;
    for (const auto& one : subs_) {
        nameless -= rows.contains(one.name) ? 0 : one.dropped;
    }
    const auto& what = events_.at(number_of);
    for (const auto& one : subs_) {
        if (nameless > 0 && !rows.contains(one.name) && may_get(one, what) && full(one, what)) {
            names.insert(one.name);
            --nameless;
        }
    }
    return names;
}

void shadow::note_drops(const stentor::audit_report& books) {
    if (broken() || open_.empty()) {
        return;
    }
    const auto latest = *std::ranges::max_element(open_);
    auto& innermost = events_.at(latest);
    for (const auto& name : dropped_since(books, latest)) {
        innermost.dropped.insert(name);
        ++subs_[by_name_.at(name)].dropped;
    }
}

// The subscription was there at some moment of the publish.
bool shadow::may_get(const subscription& one, const occurrence& what) const {
    return matches(one, what) && one.begins < what.ends && one.over > what.begins;
}

// And during all of it.
bool shadow::must_get(const subscription& one, const occurrence& what) const {
    return matches(one, what) && one.made < what.begins && one.closing > what.ends;
}

void shadow::publish_begins(const publish& what) {
    open_.insert(what.event);
    events_.emplace(
        what.event,
        occurrence{
            .what = what, .begins = ++now_, .late = draining_, .deep = depth_ >= nesting_max});
}

// An outsider finds a subscription full when its room but the reserve is taken. What ended since
// the last check may not have given its credit back: this is the most that can be outstanding.
bool shadow::brimming(const subscription& one, const occurrence& what) const {
    const auto reserve = what.what.inside ? 0 : one.limits.capacity / 10;
    // What is published further out may be in already, though its publish has not returned.
    const auto within = std::ranges::count_if(open_, [&](number outer) {
        return outer != what.what.event && may_get(one, events_.at(outer));
    });
    // So may be what is redriven.
    const auto most = one.full_at_most + one.redriving + one.beside + within;
    return one.limits.limited && most >= one.limits.capacity - reserve;
}

void shadow::publish_returns(number number_of, publish_status status,
                             const std::set<std::string>& dropped_last, std::string_view full) {
    auto& what = events_.at(number_of);
    auto dropped = dropped_last;
    dropped.insert(what.dropped.begin(), what.dropped.end());
    what.ends = ++now_;
    open_.erase(number_of);
    if (broken()) {
        return;
    }
    check_status(what, status, dropped, full);
    what.accepted =
        status == publish_status::accepted || status == publish_status::accepted_partial;
    what.refused = !what.accepted;
    if (what.accepted) {
        accept(what, dropped);
        return;
    }
    for (auto& one : subs_) {
        if (one.deliveries.contains(number_of)) {
            violate("a refused event reached a handler: " + about(one, number_of));
        }
    }
}

void shadow::accept(occurrence& what, const std::set<std::string>& dropped) {
    const auto number_of = what.what.event;
    for (auto& one : subs_) {
        if (!may_get(one, what)) {
            continue;
        }
        const bool certain = must_get(one, what);
        auto& delivered = one.deliveries[number_of];
        delivered.certain = certain && !one.dropping && one.dropped_at < what.begins;
        (certain ? one.certain : one.perhaps) += 1;
        if (dropped.contains(one.name)) {
            if (delivered.state != end::open || delivered.running) {
                violate("a dropped delivery was made: " + about(one, number_of));
            }
            delivered.state = end::dropped;
            one.dropped += what.dropped.contains(one.name) ? 0 : 1;
        } else if (one.limits.inlined) {
            accept_inlined(one, what, delivered, certain);
        } else {
            ++one.full_at_most;
            ++deliveries_;
        }
    }
}

// By now it has been called, if it ever is.
void shadow::accept_inlined(subscription& one, const occurrence& what, delivery& delivered,
                            bool certain) {
    ++deliveries_;
    if (what.deep) {
        ++(certain ? one.nested : one.nested_perhaps);
        delivered.state = end::dropped;
        return;
    }
    if (delivered.certain && delivered.state == end::open && !draining_) {
        violate("an inline handler was not called inside publish: " + about(one, what.what.event));
    }
}

}  // namespace stentor_test
