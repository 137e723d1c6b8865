// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/intercepting.hpp"
#include "bus/subscription_checks.hpp"
#include "bus/validating.hpp"

#include <algorithm>
#include <utility>

// Rules that come and go: checked, then a place in the list and in the routes.
namespace stentor::inline v0 {

std::string_view to_string(validation_mode mode) noexcept {
    switch (mode) {
        case validation_mode::enforce: return "enforce";
        case validation_mode::warn: return "warn";
        case validation_mode::off: return "off";
    }
    return "unknown";
}

validation::validation() noexcept = default;
validation::validation(std::shared_ptr<detail::validation_record> record,
                       std::weak_ptr<detail::engine> of) noexcept
    : record_(std::move(record)), of_(std::move(of)) {}
validation::validation(validation&&) noexcept = default;

validation& validation::operator=(validation&& other) noexcept {
    if (this != &other) {
        remove();
        record_ = std::move(other.record_);
        of_ = std::move(other.of_);
    }
    return *this;
}

validation::~validation() {
    remove();
}

void validation::remove() noexcept {
    const auto record = std::exchange(record_, nullptr);
    if (record == nullptr) {
        return;
    }
    if (const auto of = of_.lock(); of != nullptr && !of->forked()) {
        of->lives().rules().remove(record);
    }
    // Without the bus nobody is inside.
}

bool validation::active() const noexcept {
    return record_ != nullptr && !record_->closed() && !of_.expired();
}

namespace detail {

namespace {

std::string rule_of(const wanted_rule& wanted) {
    return "rule for " +
           quoted(wanted.type != nullptr ? wanted.type->topic : wanted.topics->view());
}

// Null: nothing is wrong.
std::optional<error> check_policy(const wanted_rule& wanted) {
    const auto& policy = wanted.policy;
    if (policy.size_max < 0) {
        return error(errc::invalid_option, rule_of(wanted) + ": size_max is " +
                                               std::to_string(policy.size_max) +
                                               "; give a number of bytes, or 0 for no limit");
    }
    if (!policy.required.empty() && wanted.type == nullptr) {
        return error(errc::unsupported_combination,
                     rule_of(wanted) +
                         ": required names fields of one type; give it to validate<E>() instead");
    }
    if (!policy.required.empty() && wanted.type->walk == nullptr) {
        return error(errc::unsupported_combination,
                     rule_of(wanted) +
                         ": required names fields, and the type has no description; write "
                         "STENTOR_FIELDS in it, or look at the fields in a function");
    }
    const auto unknown = std::ranges::find_if(policy.required, [&](const std::string& path) {
        return path.empty() || !wanted.knows(path);
    });
    if (unknown != policy.required.end()) {
        return error(errc::invalid_option,
                     rule_of(wanted) + ": required names " + quoted(*unknown) +
                         ", which the type does not have; write members as `customer.name`, and "
                         "those of a list's elements as `lines[].name`");
    }
    if (!wanted.function && policy.size_max == 0 && !policy.utf8 && policy.required.empty() &&
        !policy.declared) {
        return error(errc::invalid_option,
                     rule_of(wanted) +
                         ": it looks at nothing; give it a function, or say in the policy what to "
                         "look at (size_max, utf8, required, declared)");
    }
    return std::nullopt;
}

}  // namespace

// With registry_ held.
std::optional<error> engine::life::validating::refusal_of(const wanted_rule& wanted) const {
    if (of_.closed()) {
        return error(errc::closed, rule_of(wanted) + ": the bus is draining or closed");
    }
    if (wanted.topics != nullptr && is_system_topic(wanted.topics->view())) {
        return error(errc::invalid_pattern,
                     rule_of(wanted) +
                         ": topics whose first token is `stentor` are the engine's, "
                         "and nobody else publishes them");
    }
    if (wanted.type != nullptr) {
        const auto* entry = of_.topics_.find(wanted.type->topic);
        if (entry != nullptr &&
            (entry->type == nullptr || !same_type(*entry->type, *wanted.type))) {
            return error(
                errc::type_mismatch,
                rule_of(wanted) + ": the topic belongs to another type; give each type its own");
        }
    }
    return std::nullopt;
}

result<validation, error> engine::life::validating::add(wanted_rule wanted) {
    if (of_.forked()) {
        return unexpected<error>(
            error(errc::closed, rule_of(wanted) + ": a forked child cannot use its parent's bus"));
    }
    result<validation, error> made = unexpected<error>(error::out_of_memory());
    static_cast<void>(attempt([&] {
        if (auto wrong = check_policy(wanted)) {
            made = unexpected<error>(std::move(*wrong));
            return;
        }
        const std::lock_guard lock(of_.registry_);
        if (auto wrong = refusal_of(wanted)) {
            made = unexpected<error>(std::move(*wrong));
            return;
        }
        auto record = std::make_shared<validation_record>(std::move(wanted));
        rules_.push_back(record);
        if (!reroute(*record)) {
            rules_.pop_back();
            return;
        }
        made = validation(std::move(record), of_.weak_from_this());
    }));
    return made;
}

void engine::life::validating::remove(const std::shared_ptr<validation_record>& record) noexcept {
    record->close();  // without the lock: its function may subscribe
    const std::lock_guard lock(of_.registry_);
    std::erase(rules_, record);
    // Without memory routes go on naming a rule that is closed, until they change.
    static_cast<void>(reroute(*record));
}

void engine::life::validating::keep(validation kept) {
    if (of_.forked()) {
        return;
    }
    const std::lock_guard lock(of_.registry_);
    kept_.push_back(std::move(kept));
}

std::shared_ptr<const topic_rules> engine::life::validating::of(const topic_entry& entry) const {
    if (is_system_topic(entry.name)) {
        return nullptr;
    }
    topic_rules here;
    here.before = of_.life_->interceptors().before_publish(entry.name);
    for (const auto& one : rules_) {
        if (one->covers(entry.name, entry.type)) {
            here.all.push_back(one);
            here.declared = one->policy.declared.value_or(here.declared);
        }
    }
    const bool declares = entry.type != nullptr && entry.type->validate != nullptr &&
                          here.declared != validation_mode::off;
    return here.before.empty() && here.all.empty() && !declares
               ? nullptr
               : std::make_shared<const topic_rules>(std::move(here));
}

bool engine::life::validating::reroute(const validation_record& changed) noexcept {
    std::vector<staged_route> next;
    bool staged = true;
    const bool had_memory = attempt([&] {
        for (const auto& entry : of_.topics_.entries()) {
            const bool concerned =
                changed.type != nullptr
                    ? entry->type != nullptr && same_type(*changed.type, *entry->type)
                    : changed.topics->matches(entry->name) && !is_system_topic(entry->name);
            staged = staged && (!concerned || of_.stage(*entry, next));
        }
    });
    if (!had_memory || !staged) {
        of_.shared_.request_maintenance();
        return false;
    }
    of_.install(next);
    return true;
}

}  // namespace detail
}  // namespace stentor::inline v0
