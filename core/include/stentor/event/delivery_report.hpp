// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/publish_result.hpp>
#include <stentor/export.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What became of one event: the answer of bus::publish_and_wait and bus::delivered.
//
// Threads: values.
namespace stentor::inline v0 {

enum class delivery_status : std::uint8_t {
    pending,  // queued or running when the report was made
    completed,
    failed,     // the handler threw; `error` says what
    dropped,    // the subscription was full, or its lane had no memory, or require_success
    cancelled,  // the subscription ended, or the bus was drained
    expired,
    dead_lettered,  // it failed for good and is kept; `error` says why
};

[[nodiscard]] STENTOR_EXPORT std::string_view to_string(delivery_status status) noexcept;

struct delivery_outcome {
    std::string subscription{};
    delivery_status status = delivery_status::pending;
    std::string error{};
};

// One outcome per subscription that the event was for, in no particular order; none when the
// publish was refused or nobody is interested.
class STENTOR_EXPORT delivery_report {
public:
    delivery_report() = default;
    delivery_report(publish_result published, std::vector<delivery_outcome> outcomes) noexcept;

    [[nodiscard]] const publish_result& published() const noexcept { return published_; }
    // Nothing is pending: every delivery has ended, in whatever way.
    [[nodiscard]] bool settled() const noexcept;
    // The publish was not refused, and every delivery is completed.
    [[nodiscard]] explicit operator bool() const noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return outcomes_.size(); }
    [[nodiscard]] bool empty() const noexcept { return outcomes_.empty(); }
    [[nodiscard]] auto begin() const noexcept { return outcomes_.begin(); }
    [[nodiscard]] auto end() const noexcept { return outcomes_.end(); }
    // Null: the event was not for a subscription of that name.
    [[nodiscard]] const delivery_outcome* find(std::string_view subscription) const noexcept;

private:
    publish_result published_{};
    std::vector<delivery_outcome> outcomes_{};
};

}  // namespace stentor::inline v0
