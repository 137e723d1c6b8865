// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/bus/error_record.hpp>
#include <stentor/event/event_id.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace stentor_test {

// An error record with texts of its own, since those of the original end with the call.
struct logged_error {
    std::string subscription;
    std::string file;
    std::uint32_t line = 0;
    stentor::event_id event_id{};
    std::string topic;
    std::string key;
    std::string correlation_id;
    std::int32_t attempt = 0;
    std::int32_t max_attempts = 0;
    std::optional<std::chrono::nanoseconds> retry_in{};
    std::chrono::nanoseconds duration{};
    std::chrono::nanoseconds queue_wait{};
    std::string error;
    std::uint64_t suppressed = 0;
    std::uint64_t deliveries = 1;
    bool timed_out = false;
};

// A log sink that remembers. Shared with the sinks that it hands out, so it may go before the bus.
//
// Threads: any.
class test_log {
public:
    [[nodiscard]] stentor::log_sink sink() const;

    [[nodiscard]] std::vector<logged_error> errors() const;
    [[nodiscard]] std::vector<std::string> notices() const;

    // Failures that the records stand for: single ones, and those of summaries.
    [[nodiscard]] std::uint64_t failures() const;

private:
    struct book {
        std::mutex mutex;
        std::vector<logged_error> errors;
        std::vector<std::string> notices;
    };
    std::shared_ptr<book> book_ = std::make_shared<book>();
};

}  // namespace stentor_test
