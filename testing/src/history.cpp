// SPDX-License-Identifier: MIT
#include <stentor/testing/history.hpp>

#include "recorder.hpp"

#include <algorithm>
#include <iterator>

namespace stentor::inline v0::testing {

std::string_view published_event::topic() const noexcept {
    return what_->topic;
}
publish_status published_event::status() const noexcept {
    return what_->status;
}
bool published_event::went_out() const noexcept {
    return what_->status == publish_status::accepted ||
           what_->status == publish_status::accepted_partial ||
           what_->status == publish_status::no_subscribers;
}
event_id published_event::id() const noexcept {
    return what_->id;
}
std::string published_event::correlation_id() const {
    return what_->correlation_id.empty() ? what_->id.to_string() : what_->correlation_id;
}
std::optional<event_id> published_event::causation_id() const noexcept {
    return what_->causation_id;
}
std::int32_t published_event::depth() const noexcept {
    return what_->depth;
}
std::string_view published_event::publisher() const noexcept {
    return what_->publisher;
}
std::string_view published_event::user_id() const noexcept {
    return what_->user_id;
}
std::string_view published_event::key() const noexcept {
    return what_->key;
}
std::chrono::system_clock::time_point published_event::time() const noexcept {
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::nanoseconds(what_->unix_ns)));
}
std::string_view published_event::text() const noexcept {
    return what_->text;
}
const void* published_event::value_of(const event_type& type) const noexcept {
    return what_->value.get(type);
}

std::vector<published_event> history::published(const pattern& topics) const {
    std::vector<published_event> found;
    std::ranges::copy_if(events_, std::back_inserter(found), [&](const published_event& one) {
        return one.went_out() && topics.matches(one.topic());
    });
    return found;
}

const published_event* history::find(event_id id) const noexcept {
    if (id.is_nil()) {
        return nullptr;
    }
    const auto at = std::ranges::find(events_, id, &published_event::id);
    return at != events_.end() ? &*at : nullptr;
}

const published_event* history::cause_of(const published_event& effect) const noexcept {
    const auto cause = effect.causation_id();
    return cause ? find(*cause) : nullptr;
}

std::string history::chain_of(const published_event& last) const {
    std::string chain(last.topic());
    auto left = events_.size();  // ids given by the test may name each other in a circle
    for (const auto* cause = cause_of(last); cause != nullptr && left != 0; --left) {
        chain = std::string(cause->topic()) + " -> " + chain;
        cause = cause_of(*cause);
    }
    return chain;
}

std::string history::to_string() const {
    if (events_.empty()) {
        return "nothing was published\n";
    }
    std::string text = "what was published:\n";
    for (std::size_t at = 0; at < events_.size(); ++at) {
        const auto& one = events_[at];
        text += "  #" + std::to_string(at + 1) + ' ' + std::string(one.topic());
        text += one.publisher().empty() ? " from outside" : " by " + std::string(one.publisher());
        if (const auto* cause = cause_of(one)) {
            text += ", caused by #" + std::to_string(cause - events_.data() + 1) + ' ' +
                    std::string(cause->topic());
        } else if (one.causation_id()) {
            text += ", caused by " + one.causation_id()->to_string();
        }
        if (one.status() != publish_status::accepted) {
            text += ": " + std::string(stentor::to_string(one.status()));
        }
        text += '\n';
    }
    return text;
}

}  // namespace stentor::inline v0::testing
