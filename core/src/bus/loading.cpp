// SPDX-License-Identifier: MIT
#include "bus/life.hpp"
#include "bus/subscription_checks.hpp"
#include "event/text_excerpt.hpp"
#include "registry/static_registrations.hpp"

#include <algorithm>
#include <map>

// registry::load(): the handlers that registered themselves, in the order in which they may start.
namespace stentor::inline v0::detail {

namespace {

using registration = static_registration;

std::string place_of(const registration& one) {
    return std::string(one.where().file_name()) + ":" + std::to_string(one.where().line());
}

std::string join(const std::vector<std::string>& names, std::string_view between) {
    std::string text;
    for (const auto& one : names) {
        text += (text.empty() ? "" : std::string(between)) + one;
    }
    return text;
}

bool wanted(const registration& one, const std::vector<std::string>& tags) {
    return tags.empty() || std::ranges::any_of(tags, [&](const std::string& label) {
               return std::ranges::find(one.options().tags, label) != one.options().tags.end();
           });
}

std::optional<error> find_duplicate(const std::vector<const registration*>& found) {
    const auto twice = std::ranges::adjacent_find(
        found, [](const auto* left, const auto* right) { return left->name() == right->name(); });
    if (twice == found.end()) {
        return std::nullopt;
    }
    const auto& one = **twice;
    return error(errc::duplicate_name, "two handlers registered themselves as " +
                                           quoted(one.name()) + ": at " + place_of(one) +
                                           " and at " + place_of(**std::next(twice)) +
                                           "; names are unique in a bus");
}

std::optional<error> find_missing(const std::vector<const registration*>& found,
                                  const std::vector<std::string>& expected) {
    std::vector<std::string> missing;
    for (const auto& name : expected) {
        if (std::ranges::none_of(found, [&](const auto* one) { return one->name() == name; })) {
            missing.push_back(quoted(name));
        }
    }
    if (missing.empty()) {
        return std::nullopt;
    }
    std::vector<std::string> there;
    there.reserve(found.size());
    for (const auto* one : found) {
        there.push_back(quoted(one->name()));
    }
    return error(errc::not_found,
                 "no handler has registered itself as " + join(missing, ", nor as ") + "; there " +
                     (there.empty() ? "is none" : "are " + join(there, ", ")) +
                     ". A static library keeps its handlers only when it is linked with "
                     "stentor_link_handlers(target library), or as a whole (--whole-archive)");
}

// Each behind those that its start_after names, otherwise by name.
class sequence {
public:
    explicit sequence(const std::vector<const registration*>& found) {
        for (const auto* one : found) {
            by_name_.emplace(one->name(), one);
        }
    }

    [[nodiscard]] result<std::vector<const registration*>, error> make() {
        for (const auto& [name, one] : by_name_) {
            if (auto circle = visit(*one)) {
                return unexpected<error>(*std::move(circle));
            }
        }
        return std::move(order_);
    }

private:
    [[nodiscard]] std::optional<error> visit(const registration& one) {
        if (std::ranges::find(order_, &one) != order_.end()) {
            return std::nullopt;
        }
        const auto begin = std::ranges::find(path_, one.name()) - path_.begin();
        path_.emplace_back(one.name());
        if (begin + 1 < std::ssize(path_)) {
            path_.erase(path_.begin(), path_.begin() + begin);
            std::ranges::reverse(path_);  // who waits for whom, as people start things
            return error(errc::invalid_option,
                         "start_after closes a circle: " + join(path_, " -> ") + " (" +
                             place_of(one) + "); one of them has to start first");
        }
        for (const auto& name : one.options().start_after) {
            if (const auto before = by_name_.find(name); before != by_name_.end()) {
                if (auto circle = visit(*before->second)) {
                    return circle;
                }
            }
        }
        path_.pop_back();
        order_.push_back(&one);
        return std::nullopt;
    }

    std::map<std::string_view, const registration*> by_name_;
    std::vector<const registration*> order_;
    std::vector<std::string> path_;
};

}  // namespace

result<load_report, error> engine::life::load(const load_options& options) {
    if (of_.forked()) {
        return unexpected<error>(error(errc::closed, "a forked child cannot use its parent's bus"));
    }
    auto found = static_registrations::all();
    if (auto wrong = find_duplicate(found)) {
        return unexpected<error>(*std::move(wrong));
    }
    std::erase_if(found, [&](const auto* one) { return !wanted(*one, options.tags); });
    if (auto wrong = find_missing(found, options.expect)) {
        return unexpected<error>(*std::move(wrong));
    }
    auto ordered = sequence(found).make();
    if (!ordered) {
        return unexpected<error>(std::move(ordered).error());
    }
    load_report report;
    std::vector<subscription> made;  // ends again when one of them cannot be made
    std::vector<const static_registration*> from;
    for (const auto* one : *ordered) {
        if (is_loaded(*one)) {
            report.present.emplace_back(one->name());
            continue;
        }
        auto fresh = one->subscribe_at(of_);
        if (!fresh) {
            while (!made.empty()) {
                made.pop_back();
            }
            return unexpected<error>(std::move(fresh).error());
        }
        made.push_back(*std::move(fresh));
        from.push_back(one);
        report.loaded.emplace_back(one->name());
    }
    keep_loaded(std::move(made), from);
    for (const auto* one : *ordered) {
        if (const auto row = find(one->name()); row && row->state == handler_state::failed) {
            report.failed.push_back(row->name + ": " + row->error);
        }
    }
    return report;
}

bool engine::life::is_loaded(const static_registration& one) const {
    const std::lock_guard lock(of_.registry_);
    return std::ranges::find(loaded_, &one) != loaded_.end() &&
           of_.by_name_.contains(std::string(one.name()));
}

void engine::life::keep_loaded(std::vector<subscription> made,
                               const std::vector<const static_registration*>& from) {
    const std::lock_guard lock(of_.registry_);
    loaded_.insert(loaded_.end(), from.begin(), from.end());
    of_.kept_.insert(of_.kept_.end(), std::make_move_iterator(made.begin()),
                     std::make_move_iterator(made.end()));
}

}  // namespace stentor::inline v0::detail
