// SPDX-License-Identifier: MIT
#include "bus/intercepting.hpp"

#include "base/attempt.hpp"
#include "bus/error_log.hpp"
#include "bus/subscription_checks.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

// Which interceptors a topic has, and how they are called.
namespace stentor::inline v0::detail {

std::optional<error> check_interceptors(const std::vector<interceptor>& all) {
    for (auto one = all.begin(); one != all.end(); ++one) {
        if (one->name.empty()) {
            return error(errc::invalid_name,
                         "bus_options::interceptors: number " +
                             std::to_string(one - all.begin() + 1) +
                             " has no name; give it one, which complaints can name it by");
        }
        const auto subject = "interceptor " + quoted(one->name);
        if (std::ranges::find(all.begin(), one, one->name, &interceptor::name) != one) {
            return error(errc::duplicate_name,
                         subject + " is there twice; give each a name of its own");
        }
        if (const auto check = check_pattern(one->pattern); !check.ok()) {
            return error(errc::invalid_pattern, subject + ": " + describe(check, one->pattern));
        }
        if (is_system_topic(one->pattern)) {
            return error(errc::invalid_pattern,
                         subject +
                             ": topics whose first token is `stentor` are the engine's, and no "
                             "interceptor sees them; subscribe to them instead");
        }
        if (!one->before_publish && !one->before_handler && !one->after_handler &&
            !one->on_settle && !one->on_error_text) {
            return error(errc::invalid_option,
                         subject +
                             " has no function; give it at least one of before_publish, "
                             "before_handler, after_handler, on_settle and on_error_text");
        }
    }
    return std::nullopt;
}

namespace {

// Those of one topic, in their order.
class topic_interception final : public interception {
public:
    topic_interception(engine::life::intercepting& by, const scheduler& shared,
                       std::vector<const interceptor*> before,
                       std::vector<const interceptor*> after, std::vector<const interceptor*> ends)
        : interception(!before.empty() || !after.empty(), !ends.empty()),
          by_(by),
          shared_(shared),
          before_(std::move(before)),
          after_(std::move(after)),
          ends_(std::move(ends)) {}

    [[nodiscard]] std::uint64_t number_call() const noexcept override {
        return by_.calls.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    void before(const call_view& one) const noexcept override {
        for (const auto* each : before_) {
            by_.guarded(*each, "before_handler", [&] { each->before_handler(one); });
        }
    }
    void after(const call_view& one, call_ending how, std::string_view error,
               std::int64_t duration_ns) const noexcept override {
        const call_end end{.how = how,
                           .error = error,
                           .duration = std::chrono::nanoseconds(duration_ns),
                           .at = shared_.wall_time(shared_.now())};
        for (const auto* each : std::views::reverse(after_)) {
            by_.guarded(*each, "after_handler", [&] { each->after_handler(one, end); });
        }
    }
    void settled(const settled_view& one) const noexcept override {
        for (const auto* each : std::views::reverse(ends_)) {
            by_.guarded(*each, "on_settle", [&] { each->on_settle(one); });
        }
    }

private:
    engine::life::intercepting& by_;
    const scheduler& shared_;
    const std::vector<const interceptor*> before_;
    const std::vector<const interceptor*> after_;
    const std::vector<const interceptor*> ends_;
};

}  // namespace

engine::life::intercepting::intercepting(engine& of, const std::vector<interceptor>* all)
    : of_(of) {
    if (all == nullptr) {
        return;
    }
    all_ = *all;
    for (const auto& one : all_) {
        patterns_.emplace_back(one.pattern);
        masks_ = masks_ || static_cast<bool>(one.on_error_text);
    }
}

engine::life::intercepting::~intercepting() = default;

std::vector<const interceptor*> engine::life::intercepting::before_publish(
    std::string_view topic) const {
    std::vector<const interceptor*> found;
    for (std::size_t at = 0; at < all_.size() && !is_system_topic(topic); ++at) {
        if (all_[at].before_publish && patterns_[at].matches(topic)) {
            found.push_back(&all_[at]);
        }
    }
    return found;
}

std::shared_ptr<const interception> engine::life::intercepting::of(std::string_view topic) const {
    std::vector<const interceptor*> before;
    std::vector<const interceptor*> after;
    std::vector<const interceptor*> ends;
    for (std::size_t at = 0; at < all_.size() && !is_system_topic(topic); ++at) {
        const auto& one = all_[at];
        if (!patterns_[at].matches(topic)) {
            continue;
        }
        if (one.before_handler) {
            before.push_back(&one);
        }
        if (one.after_handler) {
            after.push_back(&one);
        }
        if (one.on_settle) {
            ends.push_back(&one);
        }
    }
    if (before.empty() && after.empty() && ends.empty()) {
        return nullptr;
    }
    return std::make_shared<const topic_interception>(of_.life_->interceptors(), of_.shared_,
                                                      std::move(before), std::move(after),
                                                      std::move(ends));
}

// Where masking fails nobody knows what the text says.
void engine::life::intercepting::mask(std::string& text) noexcept {
    for (std::size_t at = 0; at < all_.size(); ++at) {
        const auto& one = all_[at];
        if (one.on_error_text && !guarded(one, "on_error_text", [&] { one.on_error_text(text); })) {
            text.clear();
            static_cast<void>(attempt(
                [&] { text = "(withheld: interceptor " + quoted(one.name) + " threw on it)"; }));
        }
    }
}

// Inside the handler of what was thrown.
void engine::life::intercepting::complain(const interceptor& whose,
                                          std::string_view point) noexcept {
    threw.add();
    static_cast<void>(attempt([&] {
        auto said = "interceptor " + quoted(whose.name) + ": its " + std::string(point) + " threw";
        if (!of_.log_.first_this_minute(said)) {
            return;
        }
        if (point != "on_error_text") {  // whose text nobody masks
            said += ": " + of_.log_.current_error();
        }
        of_.log_.notice(said);
    }));
}

}  // namespace stentor::inline v0::detail
