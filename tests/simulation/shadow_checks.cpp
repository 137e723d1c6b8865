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

// Nothing of this key runs, and nothing is left that was published before.
void shadow::check_order(const subscription& one, const occurrence& what, std::int64_t since) {
    const auto key = what.what.key % one.limits.keys;
    if (one.running_keys.contains(key)) {
        violate("two calls of one key at the same time: " + about(one, what.what.event));
    }
    for (const auto& [earlier, delivered] : one.deliveries) {
        const auto& before = events_.at(earlier);
        const bool same_key = before.what.key % one.limits.keys == key;
        if (same_key && delivered.certain && before.ends < since && delivered.state == end::open &&
            !before.what.expires) {
            violate("out of order: " + about(one, what.what.event) + " before " +
                    std::to_string(earlier));
        }
    }
}

// Handlers publish through a place of their own, so only what comes from outside is in line.
void shadow::check_line(const subscription& one, const occurrence& what) {
    if (what.what.inside) {
        return;
    }
    for (const auto& [earlier, delivered] : one.deliveries) {
        const auto& before = events_.at(earlier);
        if (before.ends < what.begins && !before.what.inside && !before.what.expires &&
            delivered.certain && delivered.state == end::open) {
            violate("not in line: " + about(one, what.what.event) + " before " +
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
    check_sums(all);
}

void shadow::check_sums(const stentor::delivery_terms& all) {
    std::int64_t completed = 0;
    std::int64_t failed = 0;
    std::int64_t kept = 0;
    std::int64_t missing = 0;
    std::int64_t dropped = 0;
    for (const auto& one : subs_) {
        completed += one.completed;
        failed += one.limits.lettered ? 0 : one.failed;
        kept += one.kept;
        missing += unkept(one);
        dropped += one.dropped;
    }
    // Of a bus that ends, some for which there is no room are as if they were not to be kept.
    const auto lost = all.failed - failed;
    const bool right = kept == all.dead_lettered && lost >= 0 && (lost == 0 || draining_) &&
                       missing >= lost &&
                       missing <= all.retry_waiting + all.cancelled + all.expired + lost;
    if (all.completed != completed || !right || all.dropped_full != dropped) {
        violate("the books count other calls than there were: " + std::to_string(completed) +
                " completed, " + std::to_string(failed) + " failed, " + std::to_string(kept) +
                " kept, " + std::to_string(missing) + " to be kept, " + std::to_string(dropped) +
                " dropped\n" + stentor::audit_report{.removed = all}.to_string());
    }
}

// How calls ended, and who has what failed for good.
void shadow::check_ends(const subscription& one, const stentor::delivery_terms& terms) {
    const auto missing = unkept(one);
    const auto lost = terms.failed - (one.limits.lettered ? 0 : one.failed);
    const bool ends = draining_ || one.closing != never;
    const bool right =
        terms.dead_lettered == one.kept && lost >= 0 && (lost == 0 || draining_) &&
        missing >= lost &&
        missing <= terms.retry_waiting + terms.cancelled + (ends ? terms.expired : 0) + lost &&
        (missing == 0 || one.limits.owed || draining_);
    if (terms.completed != one.completed || !right) {
        violate("other calls were counted than there were: " + one.name + ": " +
                std::to_string(terms.completed) + " completed of " + std::to_string(one.completed) +
                ", " + std::to_string(terms.failed) + " failed and " +
                std::to_string(terms.dead_lettered) + " dead_lettered of " +
                std::to_string(one.failed) + ", of which " + std::to_string(one.kept) +
                " were kept");
    }
    if (one.limits.lettered && terms.expired != 0 && !ends) {
        violate("expired without a letter: " + one.name);
    }
    seen_.waiting += missing;
    if (one.falling != 0) {
        violate("a failed delivery was not given to its fallback: " + one.name);
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
    const auto least = one.certain + one.redriven;
    const auto most = least + one.perhaps + one.redriving + one.undone;
    if (terms.accepted < least || terms.accepted > most) {
        violate("another number of events was accepted: " + one.name + ": " +
                std::to_string(terms.accepted) + ", of " + std::to_string(least) + " to " +
                std::to_string(most));
    }
    check_ends(one, terms);
    if (terms.dropped_full != one.dropped) {
        violate("another number was dropped: " + one.name);
    }
    // What expires, or is cancelled, while it is put off, is not told.
    if (terms.retry_waiting > one.put_off + unkept(one)) {
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
    one.beside = 0;
}

}  // namespace stentor_test
