// SPDX-License-Identifier: MIT
#include <stentor/resilience/memory_dead_letters.hpp>

#include "base/attempt.hpp"
#include "resilience/option_check.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace stentor::inline v0 {

namespace {

struct entry {
    dead_letter letter{};
    std::uint64_t bytes = 0;
    std::uint64_t token = 0;          // of the claim; 0: nobody has it
    bool failed_since_claim = false;  // put() added to it
};

dead_letter_error not_found(std::uint64_t number) {
    return {dead_letter_errc::not_found,
            "no dead letter has number " + std::to_string(number) +
                ": it was redriven or purged, or the number is of another store"};
}

dead_letter_error out_of_memory() noexcept {
    return {dead_letter_errc::no_memory, "out of memory"};  // short enough to need none
}

}  // namespace

struct memory_dead_letters::impl {
    explicit impl(const memory_dead_letters_options& given) noexcept : options(given) {}

    using place = std::map<std::uint64_t, entry>::iterator;

    [[nodiscard]] dead_letter_error full() const {
        const auto of = [](std::uint64_t some, std::uint64_t most) {
            return std::to_string(some) + " of " + std::to_string(most);
        };
        return {dead_letter_errc::full,
                "the dead letters are full: " + of(entries.size() - claims, options.letters_max) +
                    " letters, " + of(bytes - claimed_bytes, options.bytes_max) +
                    " bytes; redrive, export and purge, or raise the bound"};
    }
    // Room for an entry that had `before` bytes and gets `after`. What is claimed does not count.
    [[nodiscard]] bool fits(std::uint64_t before, std::uint64_t after) const noexcept {
        const auto others = bytes - claimed_bytes - before;
        return after <= before ||
               (others <= options.bytes_max && after <= options.bytes_max - others);
    }
    // Cannot fail: everything that needs memory was done in the copy.
    void replace(entry& old, dead_letter&& with) noexcept {
        const auto growth = memory_of(with) - old.bytes;  // below 0 it wraps, and so back
        bytes += growth;
        claimed_bytes += old.token != 0 ? growth : 0;
        old.bytes += growth;
        old.letter = std::move(with);
    }
    void remove(place at) noexcept {
        bytes -= at->second.bytes;
        const auto [first, last] = by_event.equal_range(at->second.letter.id);
        const auto named =
            std::find_if(first, last, [&](const auto& each) { return each.second == at->first; });
        if (named != last) {
            by_event.erase(named);
        }
        entries.erase(at);
    }
    [[nodiscard]] place find_same(const dead_letter& letter) {
        const auto [from, to] = by_event.equal_range(letter.id);
        for (auto each = from; each != to; ++each) {
            const auto found = entries.find(each->second);
            if (found->second.letter.subscription == letter.subscription) {
                return found;
            }
        }
        return entries.end();
    }
    [[nodiscard]] dead_letter_result<std::uint64_t> merge(entry& into, const dead_letter& later);
    [[nodiscard]] dead_letter_result<std::uint64_t> add(dead_letter&& letter);
    // The claim's letter.
    [[nodiscard]] dead_letter_result<place> claimed(const dead_letter_claim& claim);
    void end_claim(entry& of) noexcept {
        of.token = 0;
        claimed_bytes -= of.bytes;
        of.failed_since_claim = false;
        --claims;
    }

    const memory_dead_letters_options options;
    mutable std::mutex mutex{};  // for all below
    std::map<std::uint64_t, entry> entries{};
    std::multimap<event_id, std::uint64_t> by_event{};  // those with an id, to find duplicates
    std::uint64_t bytes = 0;
    std::uint64_t claims = 0;
    std::uint64_t claimed_bytes = 0;
    std::uint64_t last_number = 0;
    std::uint64_t last_token = 0;
};

dead_letter_result<std::uint64_t> memory_dead_letters::impl::merge(entry& into,
                                                                   const dead_letter& later) {
    dead_letter merged = into.letter;
    merge_failure(merged, later);
    if (into.token == 0 && !fits(into.bytes, memory_of(merged))) {
        return unexpected(full());
    }
    replace(into, std::move(merged));
    into.failed_since_claim = into.token != 0;
    return into.letter.number;
}

dead_letter_result<std::uint64_t> memory_dead_letters::impl::add(dead_letter&& letter) {
    const auto size = memory_of(letter);
    if (entries.size() - claims >= options.letters_max || !fits(0, size)) {
        return unexpected(full());
    }
    const auto number = letter.number = last_number + 1;
    letter.fingerprint = fingerprint_of(letter);
    const event_id id = letter.id;
    const auto at = entries.emplace_hint(entries.end(), number,
                                         entry{.letter = std::move(letter), .bytes = size});
    if (!id.is_nil() && !detail::attempt([&] { by_event.emplace(id, number); })) {
        entries.erase(at);
        return unexpected(out_of_memory());
    }
    bytes += size;
    return ++last_number;
}

auto memory_dead_letters::impl::claimed(const dead_letter_claim& claim)
    -> dead_letter_result<place> {
    const auto found = entries.find(claim.letter.number);
    if (found == entries.end()) {
        return unexpected(not_found(claim.letter.number));
    }
    if (claim.token == 0 || found->second.token != claim.token) {
        return unexpected(dead_letter_error{
            dead_letter_errc::not_claimed,
            "the claim on dead letter " + std::to_string(claim.letter.number) +
                " has ended: each claim ends once, by finish(), give_back() or release()"});
    }
    return found;
}

memory_dead_letters::memory_dead_letters(std::unique_ptr<impl> parts) noexcept
    : impl_(std::move(parts)) {}
memory_dead_letters::~memory_dead_letters() = default;

result<std::unique_ptr<memory_dead_letters>, error> memory_dead_letters::make(
    const memory_dead_letters_options& options) noexcept {
    std::unique_ptr<memory_dead_letters> made;
    std::optional<error> wrong;
    const bool enough = detail::attempt([&] {
        if (options.letters_max == 0) {
            wrong = detail::wrong_option("memory_dead_letters_options",
                                         "letters_max is 0; give at least 1");
        } else if (options.bytes_max < 1024) {
            wrong = detail::wrong_option(
                "memory_dead_letters_options",
                "bytes_max is " + std::to_string(options.bytes_max) + "; give at least 1024");
        } else {
            made.reset(new memory_dead_letters(std::make_unique<impl>(options)));
        }
    });
    if (!enough) {
        return unexpected(error::out_of_memory());
    }
    if (wrong) {
        return unexpected(std::move(*wrong));
    }
    return made;
}

dead_letter_result<std::uint64_t> memory_dead_letters::put(dead_letter letter,
                                                           on_duplicate same) noexcept {
    dead_letter_result<std::uint64_t> answer;
    const bool enough = detail::attempt([&] {
        if (letter.subscription.empty()) {
            answer = unexpected(dead_letter_error{
                dead_letter_errc::invalid_letter,
                "a dead letter needs the name of the subscription that it failed in"});
            return;
        }
        const std::lock_guard lock(impl_->mutex);
        const auto known = letter.id.is_nil() ? impl_->entries.end() : impl_->find_same(letter);
        if (known == impl_->entries.end()) {
            answer = impl_->add(std::move(letter));
        } else if (same == on_duplicate::merge) {
            answer = impl_->merge(known->second, letter);
        } else {
            answer = unexpected(dead_letter_error{
                dead_letter_errc::duplicate, "event " + letter.id.to_string() + " is dead letter " +
                                                 std::to_string(known->first) +
                                                 " of that subscription already"});
        }
    });
    if (!enough) {
        return unexpected(out_of_memory());
    }
    return answer;
}

dead_letter_result<dead_letter> memory_dead_letters::get(std::uint64_t number) const {
    const std::lock_guard lock(impl_->mutex);
    const auto found = impl_->entries.find(number);
    if (found == impl_->entries.end()) {
        return unexpected(not_found(number));
    }
    return found->second.letter;
}

dead_letter_result<dead_letter_list> memory_dead_letters::list(const dead_letter_filter& filter,
                                                               dead_letter_page page) const {
    auto matcher = dead_letter_matcher::make(filter);
    if (!matcher) {
        return unexpected(std::move(matcher).error());
    }
    if (page.limit == 0) {
        return unexpected(dead_letter_error{dead_letter_errc::invalid_page,
                                            "a page of 0 letters; give a limit from 1 to 1000"});
    }
    const std::size_t limit = std::min(page.limit, dead_letter_page_max);
    dead_letter_list out;
    const std::lock_guard lock(impl_->mutex);
    for (auto at = impl_->entries.upper_bound(page.after); at != impl_->entries.end(); ++at) {
        if (!matcher->matches(at->second.letter)) {
            continue;
        }
        if (out.letters.size() == limit) {
            out.next = out.letters.back().number;
            break;
        }
        out.letters.push_back(at->second.letter);
    }
    return out;
}

dead_letter_result<std::vector<dead_letter_group>> memory_dead_letters::stats(
    const dead_letter_filter& filter) const {
    auto matcher = dead_letter_matcher::make(filter);
    if (!matcher) {
        return unexpected(std::move(matcher).error());
    }
    std::map<std::uint64_t, dead_letter_group> groups;
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [number, each] : impl_->entries) {
        const dead_letter& letter = each.letter;
        if (!matcher->matches(letter)) {
            continue;
        }
        const auto [place, added] = groups.try_emplace(letter.fingerprint);
        dead_letter_group& group = place->second;
        if (added) {
            group = {letter.fingerprint,
                     0,
                     letter.subscription,
                     letter.topic,
                     letter.reason,
                     letter.first_failed,
                     letter.last_failed,
                     number,
                     std::string(last_error(letter))};
        }
        ++group.count;
        group.first_failed = std::min(group.first_failed, letter.first_failed);
        group.last_failed = std::max(group.last_failed, letter.last_failed);
    }
    std::vector<dead_letter_group> out;
    out.reserve(groups.size());
    for (auto& [fingerprint, group] : groups) {
        out.push_back(std::move(group));
    }
    std::sort(out.begin(), out.end(), [](const auto& left, const auto& right) {
        return left.count != right.count ? left.count > right.count : left.example < right.example;
    });
    return out;
}

dead_letter_result<dead_letter_claim> memory_dead_letters::claim(std::uint64_t number) {
    const std::lock_guard lock(impl_->mutex);
    const auto found = impl_->entries.find(number);
    if (found == impl_->entries.end()) {
        return unexpected(not_found(number));
    }
    if (found->second.token != 0) {
        return unexpected(dead_letter_error{
            dead_letter_errc::claimed,
            "dead letter " + std::to_string(number) + " is being redriven; wait until that ended"});
    }
    dead_letter_claim taken{found->second.letter, impl_->last_token + 1};
    found->second.token = ++impl_->last_token;
    ++impl_->claims;
    impl_->claimed_bytes += found->second.bytes;
    return taken;
}

dead_letter_result<void> memory_dead_letters::finish(const dead_letter_claim& claim) {
    const std::lock_guard lock(impl_->mutex);
    auto held = impl_->claimed(claim);
    if (!held) {
        return unexpected(std::move(held).error());
    }
    entry& of = (*held)->second;
    const bool failed_again = of.failed_since_claim;
    impl_->end_claim(of);
    if (failed_again) {
        ++of.letter.redrives;
    } else {
        impl_->remove(*held);
    }
    return {};
}

dead_letter_result<void> memory_dead_letters::give_back(const dead_letter_claim& claim,
                                                        std::vector<dead_letter_attempt> failed) {
    const std::lock_guard lock(impl_->mutex);
    auto held = impl_->claimed(claim);
    if (!held) {
        return unexpected(std::move(held).error());
    }
    entry& of = (*held)->second;
    dead_letter changed = of.letter;
    for (dead_letter_attempt& attempt : failed) {
        add_attempt(changed, std::move(attempt));
    }
    ++changed.redrives;
    changed.fingerprint = fingerprint_of(changed);
    impl_->replace(of, std::move(changed));
    impl_->end_claim(of);
    return {};
}

dead_letter_result<void> memory_dead_letters::release(const dead_letter_claim& claim) {
    const std::lock_guard lock(impl_->mutex);
    auto held = impl_->claimed(claim);
    if (!held) {
        return unexpected(std::move(held).error());
    }
    impl_->end_claim((*held)->second);
    return {};
}

dead_letter_result<dead_letter_purged> memory_dead_letters::purge(const dead_letter_filter& filter,
                                                                  purge_confirmation confirmed) {
    auto matcher = checked_purge(filter, confirmed);
    if (!matcher) {
        return unexpected(std::move(matcher).error());
    }
    dead_letter_purged out;
    const std::lock_guard lock(impl_->mutex);
    for (auto at = impl_->entries.begin(); at != impl_->entries.end();) {
        const auto each = at++;
        if (!matcher->matches(each->second.letter)) {
            continue;
        }
        if (each->second.token != 0) {
            ++out.kept;
        } else {
            impl_->remove(each);
            ++out.removed;
        }
    }
    return out;
}

dead_letter_result<void> memory_dead_letters::annotate(std::uint64_t number, std::string key,
                                                       std::string value) {
    const std::lock_guard lock(impl_->mutex);
    const auto found = impl_->entries.find(number);
    if (found == impl_->entries.end()) {
        return unexpected(not_found(number));
    }
    dead_letter changed = found->second.letter;
    const auto note = std::find_if(changed.notes.begin(), changed.notes.end(),
                                   [&](const dead_letter_note& each) { return each.key == key; });
    if (note != changed.notes.end()) {
        note->value = std::move(value);
    } else {
        changed.notes.push_back({std::move(key), std::move(value)});
    }
    if (found->second.token == 0 && !impl_->fits(found->second.bytes, memory_of(changed))) {
        return unexpected(impl_->full());
    }
    impl_->replace(found->second, std::move(changed));
    return {};
}

dead_letter_room memory_dead_letters::room() const noexcept {
    const std::lock_guard lock(impl_->mutex);
    return {impl_->entries.size(), impl_->bytes, impl_->options.letters_max,
            impl_->options.bytes_max, impl_->claims};
}

}  // namespace stentor::inline v0
