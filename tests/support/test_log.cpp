// SPDX-License-Identifier: MIT
#include "support/test_log.hpp"

namespace stentor_test {

stentor::log_sink test_log::sink() const {
    return {.on_error =
                [to = book_](const stentor::error_record& record) {
                    const std::lock_guard lock(to->mutex);
                    to->errors.push_back({.subscription = std::string(record.subscription),
                                          .file = record.location.file_name(),
                                          .line = record.location.line(),
                                          .event_id = record.event_id,
                                          .topic = std::string(record.topic),
                                          .key = std::string(record.key),
                                          .correlation_id = std::string(record.correlation_id),
                                          .attempt = record.attempt,
                                          .max_attempts = record.max_attempts,
                                          .retry_in = record.retry_in,
                                          .duration = record.duration,
                                          .queue_wait = record.queue_wait,
                                          .error = std::string(record.error),
                                          .suppressed = record.suppressed,
                                          .deliveries = record.deliveries,
                                          .timed_out = record.timed_out});
                },
            .on_notice =
                [to = book_](const stentor::notice_record& record) {
                    const std::lock_guard lock(to->mutex);
                    to->notices.emplace_back(record.message);
                }};
}

std::vector<logged_error> test_log::errors() const {
    const std::lock_guard lock(book_->mutex);
    return book_->errors;
}

std::vector<std::string> test_log::notices() const {
    const std::lock_guard lock(book_->mutex);
    return book_->notices;
}

std::uint64_t test_log::failures() const {
    std::uint64_t sum = 0;
    for (const auto& one : errors()) {
        sum += one.suppressed == 0 ? 1 : one.suppressed;
    }
    return sum;
}

}  // namespace stentor_test
