// SPDX-License-Identifier: MIT

#include "projection.hpp"

#include "events.hpp"

#include <algorithm>
#include <charconv>

namespace github {
namespace {

// Which event of the run it is; 0 when it does not say.
std::int64_t number_of(const stentor::any_event& event, const stentor::metadata& metadata) {
    std::int64_t number = 0;
    for (std::uint32_t index = 0; index < metadata.header_count; ++index) {
        const stentor::header header = event.header_at(index);
        if (header.name == number_header) {
            std::from_chars(header.value.data(), header.value.data() + header.value.size(), number);
        }
    }
    return number;
}

}  // namespace

void projection::apply(const stentor::any_event& event) {
    repository_counts change{.events = 1};
    if (const auto* pushed = stentor::get_if<push>(event)) {
        change.pushes = 1;
        change.commits = pushed->commits;
    } else if (const auto* closed = stentor::get_if<pull_request_closed>(event)) {
        change.pulls_merged = closed->merged ? 1 : 0;
    } else {
        change.issues_opened = event.topic() == issues_opened::topic ? 1 : 0;
        change.pulls_opened = event.topic() == pull_request_opened::topic ? 1 : 0;
        change.releases = event.topic() == release_published::topic ? 1 : 0;
    }

    const stentor::metadata metadata = event.metadata();
    std::string_view name = metadata.key.empty() ? "(none)" : metadata.key;
    const std::int64_t number = number_of(event, metadata);
    const std::lock_guard lock(mutex_);
    auto found = counts_.find(name);
    if (found == counts_.end()) {
        name = counts_.size() < repositories_max ? name : "(others)";
        found = counts_.try_emplace(std::string(name)).first;
    }
    repository_counts& total = found->second;
    total.events += change.events;
    total.issues_opened += change.issues_opened;
    total.pulls_opened += change.pulls_opened;
    total.pulls_merged += change.pulls_merged;
    total.pushes += change.pushes;
    total.commits += change.commits;
    total.releases += change.releases;
    total.latest = event.topic();
    out_of_order_ += number < total.latest_number ? 1 : 0;
    total.latest_number = number;
}

std::vector<projection::row> projection::busiest(std::size_t count) const {
    const std::lock_guard lock(mutex_);
    std::vector<row> rows(counts_.begin(), counts_.end());
    std::sort(rows.begin(), rows.end(), [](const row& one, const row& other) {
        return std::pair(-one.second.events, std::string_view(one.first)) <
               std::pair(-other.second.events, std::string_view(other.first));
    });
    rows.resize(std::min(rows.size(), count));
    return rows;
}

std::int64_t projection::out_of_order() const {
    const std::lock_guard lock(mutex_);
    return out_of_order_;
}

std::size_t projection::repositories() const {
    const std::lock_guard lock(mutex_);
    return counts_.size();
}

}  // namespace github
