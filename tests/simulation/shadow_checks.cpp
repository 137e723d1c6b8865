// SPDX-License-Identifier: MIT
#include "simulation/shadow.hpp"

#include <algorithm>

// What must hold.
namespace stentor_test {

using stentor::publish_status;

void shadow::check_status(const occurrence& what, publish_status status,
                          const std::set<std::string>& dropped, std::string_view full_name) {
    bool any = false;
    bool certain = false;
    const bool exact = uninterrupted(what);
    for (const auto& one : subs_) {
        if (!may_get(one, what)) {
            continue;
        }
        any = true;
        const bool was_dropped = dropped.contains(one.name);
        certain = certain || must_get(one, what);
        if (was_dropped && !full(one, what)) {
            violate("dropped for want of room where there was room: " +
                    about(one, what.what.event));
        }
        if (was_dropped && one.limits.required) {
            violate("a required subscription was passed over: " + about(one, what.what.event));
        }
        const bool accepts =
            status == publish_status::accepted || status == publish_status::accepted_partial;
        if (accepts && !was_dropped && exact && must_get(one, what) && full(one, what) &&
            one.full_at_most - from_inside(one) >= one.limits.capacity - one.limits.capacity / 10) {
            violate("accepted beyond the capacity: " + about(one, what.what.event));
        }
    }
    const auto text = "event " + std::to_string(what.what.event);
    switch (status) {
        case publish_status::accepted:
        case publish_status::accepted_partial:
            if (!any) {
                violate("accepted, though nobody was subscribed: " + text);
            }
            check_parts(what, status, !dropped.empty());
            break;
        case publish_status::no_subscribers:
            if (certain) {
                violate("no_subscribers, though somebody was subscribed: " + text);
            }
            break;
        case publish_status::rejected_full: check_refusal(what, full_name); break;
        case publish_status::would_deadlock:
            if (!what.what.inside || !std::ranges::any_of(subs_, [&](const auto& one) {
                    return may_get(one, what) && brimming(one, what) &&
                           (one.limits.blocks || what.what.waits);
                })) {
                violate("would_deadlock without cause: " + text);
            }
            break;
        case publish_status::expired:
            if (!what.what.expires) {
                violate("expired, though it does not expire: " + text);
            }
            break;
        case publish_status::closed:
            if (!draining_) {
                violate("closed, though nobody drained: " + text);
            }
            break;
        default: violate("refused for no reason of this world: " + text); break;
    }
    if (what.late && !what.what.caused && status != publish_status::closed) {
        violate("an outsider was let in after the drain began: " + text);
    }
}

// `dropped`: somebody was full. Or there are inline handlers that would be too deep.
void shadow::check_parts(const occurrence& what, publish_status status, bool dropped) {
    const auto skips = [&](const auto& one) {
        return what.deep && one.limits.inlined && may_get(one, what);
    };
    const bool may_be_part = dropped || std::ranges::any_of(subs_, skips);
    const bool must_be_part = dropped || std::ranges::any_of(subs_, [&](const auto& one) {
                                  return skips(one) && must_get(one, what);
                              });
    const bool part = status == publish_status::accepted_partial;
    if (part ? !may_be_part : must_be_part) {
        violate("the status does not say that somebody was full, or too deep: event " +
                std::to_string(what.what.event));
    }
}

// Inside its own publish, which is the innermost, and not too deep.
void shadow::check_inlined(const subscription& one, const occurrence& what) {
    const auto number_of = what.what.event;
    if (open_.empty() || *open_.rbegin() != number_of) {
        violate("an inline handler was called outside of the publish: " + about(one, number_of));
    }
    if (what.deep) {
        violate("an inline call deeper than may be: " + about(one, number_of));
    }
}

// What handlers published may have taken the reserve, and then leaves the outsiders their share.
std::int64_t shadow::from_inside(const subscription& one) const {
    const auto count = std::ranges::count_if(one.deliveries, [&](const auto& each) {
        return each.second.state == end::open && events_.at(each.first).what.inside;
    });
    return std::min<std::int64_t>(count, one.limits.capacity / 10);
}

// By an outsider and in one go: since the last check nothing has ended.
bool shadow::uninterrupted(const occurrence& what) const {
    return !what.what.inside && !what.what.waits && what.ends == what.begins + 1 &&
           std::ranges::none_of(
               subs_, [&](const auto& one) { return one.limits.blocks && may_get(one, what); });
}

void shadow::check_refusal(const occurrence& what, std::string_view name) {
    const auto text = "event " + std::to_string(what.what.event);
    const auto at = by_name_.find(name);
    if (at == by_name_.end()) {
        violate("rejected_full names nobody: " + text);
        return;
    }
    const auto& named = subs_[at->second];
    if (!may_get(named, what) || !full(named, what)) {
        violate("rejected_full names one that had room: " + about(named, what.what.event) + ": " +
                std::to_string(named.full_at_most) + " of " +
                std::to_string(named.limits.capacity));
    }
    const bool all_full = std::ranges::all_of(
        subs_, [&](const auto& one) { return !must_get(one, what) || full(one, what); });
    if (!named.limits.required && !all_full) {
        violate("one subscription's overflow cost others their delivery: " + text);
    }
}

// Nothing of this key runs, and nothing is left that was published before this event was.
void shadow::check_order(const subscription& one, const occurrence& what) {
    const auto key = what.what.key % one.limits.keys;
    if (one.running_keys.contains(key)) {
        violate("two calls of one key at the same time: " + about(one, what.what.event));
    }
    for (const auto& [earlier, delivered] : one.deliveries) {
        const auto& before = events_.at(earlier);
        const bool same_key = before.what.key % one.limits.keys == key;
        if (same_key && delivered.certain && before.ends < what.begins &&
            delivered.state == end::open && !before.what.expires) {
            violate("out of order: " + about(one, what.what.event) + " before " +
                    std::to_string(earlier));
        }
    }
}

void shadow::check(const stentor::audit_report& books) {
    if (broken()) {
        return;
    }
    if (books.publishes.unaccounted() != 0) {
        violate("the publishes do not balance:\n" + books.to_string());
    }
    for (auto& one : subs_) {
        owner_may_end(one);
    }
    stentor::delivery_terms all = books.removed;
    for (const auto& [name, terms] : books.subscriptions) {
        all += terms;
        const auto at = by_name_.find(name);
        if (at == by_name_.end()) {
            violate("the books know a subscription that nobody made: " + name);
            return;
        }
        check_row(subs_[at->second], terms);
    }
    std::int64_t completed = 0;
    std::int64_t failed = 0;
    std::int64_t lettered = 0;
    std::int64_t dropped = 0;
    for (const auto& one : subs_) {
        completed += one.completed;
        (one.limits.lettered ? lettered : failed) += one.failed;
        dropped += one.dropped;
    }
    // Those for which there was no room to the end are cancelled.
    const bool owed = std::ranges::any_of(subs_, [](const auto& one) { return one.limits.owed; });
    const auto short_of = lettered - all.dead_lettered;
    const auto more = all.failed - failed;
    const bool kept =
        owed ? more >= 0 && short_of >= more && short_of <= all.retry_waiting + all.cancelled + more
             : short_of == 0 && more == 0;
    if (all.completed != completed || !kept || all.dropped_full != dropped) {
        violate("the books count other calls than there were: " + std::to_string(completed) +
                " completed, " + std::to_string(failed) + " failed, " + std::to_string(lettered) +
                " dead_lettered, " + std::to_string(dropped) + " dropped\n" + books.to_string());
    }
}

void shadow::check_row(subscription& one, const stentor::delivery_terms& terms) {
    const auto outstanding = terms.outstanding();
    // What waits in a shared lane is charged to all who share it, also to those who came later: so
    // more may seem to be outstanding than was accepted, never less.
    const bool exact = one.limits.own || one.limits.limited;
    if (terms.unaccounted() > 0 || (exact && terms.unaccounted() != 0)) {
        violate("the books do not balance: " + one.name + " by " +
                std::to_string(terms.unaccounted()));
    }
    if (outstanding < 0) {
        violate("less than nothing is outstanding: " + one.name);
    }
    if (one.limits.limited && outstanding > one.limits.capacity) {
        violate("more is outstanding than the capacity: " + one.name + ": " +
                std::to_string(outstanding) + " of " + std::to_string(one.limits.capacity));
    }
    if (terms.accepted < one.certain || terms.accepted > one.certain + one.perhaps) {
        violate("another number of events was accepted: " + one.name + ": " +
                std::to_string(terms.accepted) + ", of " + std::to_string(one.certain) + " to " +
                std::to_string(one.certain + one.perhaps));
    }
    const auto failed = one.limits.lettered ? terms.dead_lettered : terms.failed;
    const auto others = one.limits.lettered ? terms.failed : terms.dead_lettered;
    const auto owed = one.failed - failed;
    // Of a bus that ends, some for which there is no room are as if they were not to be kept.
    const bool kept = one.limits.owed
                          ? owed >= 0 && owed <= terms.retry_waiting + terms.cancelled + others
                          : owed == 0 && others == 0;
    if (terms.completed != one.completed || !kept) {
        violate("other calls were counted than there were: " + one.name + ": " +
                std::to_string(terms.completed) + " completed of " + std::to_string(one.completed) +
                ", " + std::to_string(terms.failed) + " failed and " +
                std::to_string(terms.dead_lettered) + " dead_lettered of " +
                std::to_string(one.failed));
    }
    if (terms.dropped_full != one.dropped) {
        violate("another number was dropped: " + one.name);
    }
    // What expires, or is cancelled, while it is put off, is not told.
    if (terms.retry_waiting > one.put_off + owed) {
        violate("more waits for another attempt than was put off: " + one.name + ": " +
                std::to_string(terms.retry_waiting) + " of " + std::to_string(one.put_off));
    }
    if (terms.cancelled != 0 && one.closing == never && !draining_) {
        violate("cancelled, though the subscription is not over: " + one.name);
    }
    if (terms.cancelled < one.cancelled) {
        violate("coroutines were destroyed and not counted: " + one.name);
    }
    if (!one.held && !one.limits.owed && terms.held > (one.paused ? one.waiting : 0)) {
        violate("held without a pause: " + one.name);
    }
    if (terms.dropped_disabled != 0 && one.dropped_at < 0) {
        violate("dropped as disabled, and never was: " + one.name);
    }
    if (terms.dropped_nested < one.nested ||
        terms.dropped_nested > one.nested + one.nested_perhaps) {
        violate("another number was dropped as nested: " + one.name + ": " +
                std::to_string(terms.dropped_nested) + ", of " + std::to_string(one.nested) +
                " to " + std::to_string(one.nested + one.nested_perhaps));
    }
    one.full_at_most = outstanding;
}

void shadow::check_at_rest(const stentor::audit_report& books, bool abandoned) {
    check(books);
    if (broken()) {
        return;
    }
    if (books.unaccounted() != 0) {
        violate("the books do not balance at rest:\n" + books.to_string());
    }
    std::int64_t held = 0;
    for (const auto& [name, terms] : books.subscriptions) {
        const auto& one = subs_[by_name_.at(name)];
        const auto rests = terms.held + terms.retry_waiting;
        if (terms.outstanding() != (one.paused && !draining_ ? rests : 0)) {
            violate("something is left behind: " + name + '\n' + books.to_string());
        }
        held += rests;
        check_losses(one, terms);
        check_pause(one, terms);
    }
    if (books.removed.outstanding() != 0 || (held == 0 && books.envelopes_alive != 0)) {
        violate("something is left behind\n" + books.to_string());
    }
    for (const auto& one : subs_) {
        check_rest(one, abandoned);
    }
}

// What a pause holds back is what was not delivered.
void shadow::check_pause(const subscription& one, const stentor::delivery_terms& terms) {
    if (!one.paused || one.limits.lossy || one.closing != never || draining_) {
        return;
    }
    std::int64_t certain = 0;
    std::int64_t perhaps = 0;
    for (const auto& [number_of, delivered] : one.deliveries) {
        if (delivered.waiting) {
            ++certain;
        } else if (delivered.state == end::open && !delivered.running) {
            const bool excused = !delivered.certain || events_.at(number_of).what.expires;
            ++(excused ? perhaps : certain);
        }
    }
    const auto rests = terms.held + terms.retry_waiting;
    if (!one.dropping && (rests < certain || rests > certain + perhaps)) {
        violate("another number is held than was not delivered: " + one.name + ": " +
                std::to_string(certain) + " to " + std::to_string(certain + perhaps) +
                " not delivered, " + std::to_string(rests) + " held or put off");
    }
    if (one.dropping && terms.held != one.waiting) {
        violate("held, and to be dropped: " + one.name + ": " + std::to_string(terms.held) +
                " held, " + std::to_string(one.waiting) + " coroutines wait");
    }
}

// What a lossy subscription did not get is what it says that it dropped.
void shadow::check_losses(const subscription& one, const stentor::delivery_terms& terms) {
    const bool may_lose = one.limits.lossy || one.dropped_at >= 0;
    if (!may_lose || one.closing != never || draining_) {
        return;
    }
    std::int64_t certain = 0;
    std::int64_t perhaps = 0;
    for (const auto& [number_of, delivered] : one.deliveries) {
        if (delivered.state == end::open) {
            const bool excused = !delivered.certain || events_.at(number_of).what.expires;
            ++(excused ? perhaps : certain);
        }
    }
    const auto dropped = terms.dropped_newest + terms.dropped_oldest + terms.dropped_disabled +
                         terms.held + terms.retry_waiting;
    if (dropped < certain || dropped > certain + perhaps) {
        violate("another number was lost than dropped: " + one.name + ": " +
                std::to_string(certain) + " to " + std::to_string(certain + perhaps) + " lost, " +
                std::to_string(dropped) + " dropped");
    }
}

void shadow::drops_told(std::int64_t count, const stentor::audit_report& books) {
    auto all = books.removed.dropped();
    for (const auto& [name, terms] : books.subscriptions) {
        all += terms.dropped();
    }
    if (count > all) {
        violate("on_drop was told of " + std::to_string(count) + " drops, and there were " +
                std::to_string(all));
    }
}

void shadow::delivery_reported(std::string_view name, number number_of,
                               stentor::delivery_status status) {
    const auto at = by_name_.find(name);
    if (at == by_name_.end()) {
        violate("a report names a subscription that nobody made: " + std::string(name));
        return;
    }
    const auto& one = subs_[at->second];
    const auto found = one.deliveries.find(number_of);
    const auto state = found == one.deliveries.end() ? end::open : found->second.state;
    const bool called = state == end::completed || state == end::failed;
    using stentor::delivery_status;
    const bool right =
        status == delivery_status::completed       ? state == end::completed
        : status == delivery_status::failed        ? state == end::failed && !one.limits.lettered
        : status == delivery_status::dead_lettered ? state == end::failed && one.limits.lettered
                                                   : !called;
    if (!right) {
        violate("a report says " + std::string(stentor::to_string(status)) +
                ", which is not what happened: " + about(one, number_of));
    }
}

void shadow::check_rest(const subscription& one, bool abandoned) {
    for (const auto& [event, delivered] : one.deliveries) {
        const auto& what = events_.at(event);
        const bool held = delivered.waiting && one.paused && !draining_;
        if (delivered.running && !held) {
            violate("a call never ended: " + about(one, event));
        }
        const bool excused = !delivered.certain || what.what.expires || one.limits.lossy ||
                             one.paused || one.closing != never || abandoned ||
                             (one.limits.owed && draining_);  // it may have been paused
        if (delivered.state == end::open && !excused) {
            violate("a delivery was lost: " + about(one, event));
        }
    }
    if (one.over != never && !one.captures_gone) {
        violate("a handler outlived its subscription: " + one.name);
    }
}

}  // namespace stentor_test
