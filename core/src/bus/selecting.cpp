// SPDX-License-Identifier: MIT
#include "bus/life.hpp"
#include "event/text_excerpt.hpp"

#include <algorithm>
#include <array>

// Which subscriptions a selector means, and what is near when it means none.
namespace stentor::inline v0::detail {

namespace {

// How many letters have to change to make one name of the other; names are short.
std::size_t distance(std::string_view left, std::string_view right) {
    std::array<std::size_t, 129> row{};
    const auto width = std::min(right.size(), row.size() - 1);
    for (std::size_t at = 0; at <= width; ++at) {
        row[at] = at;
    }
    for (std::size_t line = 1; line <= left.size(); ++line) {
        auto diagonal = row[0];
        row[0] = line;
        for (std::size_t at = 1; at <= width; ++at) {
            const auto above = row[at];
            row[at] = std::min({row[at] + 1, row[at - 1] + 1,
                                diagonal + (left[line - 1] == right[at - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row[width];
}

// The one most like it, or nothing when none is.
std::string nearest(std::string_view wanted, const std::vector<std::string>& known) {
    std::string best;
    auto best_distance = std::max<std::size_t>(2, wanted.size() / 3) + 1;
    for (const auto& one : known) {
        if (const auto here = distance(wanted, one); here < best_distance) {
            best_distance = here;
            best = one;
        }
    }
    return best;
}

}  // namespace

std::vector<engine::life::record_ptr> engine::life::select(const selector& which,
                                                           order sequence) const {
    std::vector<record_ptr> found;
    const std::lock_guard lock(of_.registry_);
    const auto matches = [&](const subscription_record& one) {
        switch (which.by()) {
            case selector::kind::name: return one.name == which.text();
            case selector::kind::pattern: return pattern(which.text()).matches(one.name);
            case selector::kind::tag:
                return std::ranges::find(one.options.tags, which.text()) != one.options.tags.end();
        }
        return false;
    };
    for (const auto& one : of_.active_) {
        if (!one->closed.load(std::memory_order_acquire) && matches(*one)) {
            found.push_back(one);
        }
    }
    std::ranges::sort(found, {}, [](const record_ptr& one) { return one->number; });
    if (sequence == order::last_begun) {
        std::ranges::reverse(found);
    }
    return found;
}

error engine::life::nothing_matches(const selector& which) const {
    std::vector<std::string> known;
    {
        const std::lock_guard lock(of_.registry_);
        for (const auto& one : of_.active_) {
            if (which.by() == selector::kind::tag) {
                known.insert(known.end(), one->options.tags.begin(), one->options.tags.end());
            } else {
                known.push_back(one->name);
            }
        }
    }
    std::ranges::sort(known);
    known.erase(std::unique(known.begin(), known.end()), known.end());
    auto text = "no subscription of this bus has " + which.describe();
    if (const auto near = nearest(which.text(), known); !near.empty()) {
        return {errc::not_found, text + "; did you mean " + quoted_excerpt(near, 0) + "?"};
    }
    constexpr std::size_t shown = 8;
    text += known.empty() ? "; there is none" : "; there are ";
    for (std::size_t at = 0; at < std::min(shown, known.size()); ++at) {
        text += (at == 0 ? "" : ", ") + known[at];
    }
    return {errc::not_found, known.size() > shown ? text + ", ..." : text};
}

}  // namespace stentor::inline v0::detail
