// SPDX-License-Identifier: MIT
#pragma once

#include "bus/invalid_log.hpp"
#include "dispatch/scheduler.hpp"
#include <stentor/bus/error_record.hpp>
#include <stentor/metrics/counter.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Turns failed deliveries into records: the first ten a minute of each handler and error one by
// one, the rest as counts. Called on runners; takes a lock of its own, which no publisher ever
// takes.
namespace stentor::inline v0::detail {

// Changes the text of an error before anybody else sees it.
class error_mask {
public:
    virtual void mask(std::string& text) noexcept = 0;

protected:
    ~error_mask() = default;
};

class error_log final : public failure_observer {
public:
    static constexpr std::uint32_t records_per_minute = 10;
    static constexpr std::size_t kinds_max = 1024;  // handler and error; beyond it they are one

    error_log(scheduler& shared, log_sink sink);
    // Before anything fails. Without it nothing is masked.
    void mask_by(error_mask& one) noexcept { mask_ = &one; }

    void failed(const failure& what) noexcept override;
    void complained(const subscription_record& subscription,
                    std::string_view callback) noexcept override;
    [[nodiscard]] std::string describe(const subscription_record& of,
                                       const outcome* said) noexcept override;
    [[nodiscard]] std::size_t write_errors(const subscription_record& of, const outcome* said,
                                           std::span<char> into) noexcept override;
    [[nodiscard]] std::string describe_unmasked(const subscription_record& of,
                                                const outcome* said) noexcept override;
    // As describe_current_exception(), masked.
    [[nodiscard]] std::string current_error();
    // What describe() has, the current exception and each that is nested in it alone.
    [[nodiscard]] std::vector<std::string> error_chain(const subscription_record& of,
                                                       const outcome* said);
    void notice(std::string_view message) noexcept;
    // An event that is published although it is invalid; on the publisher's thread.
    void invalid(std::string_view topic, const violations& found) noexcept {
        invalids_.add(topic, found);
    }
    // For what is said once a minute and topic.
    [[nodiscard]] bool first_this_minute(const std::string& topic);
    // Says what was held back in minutes that have passed; at maintenance and at the end.
    void flush(bool all) noexcept;
    [[nodiscard]] std::uint64_t sink_failures() const noexcept { return sink_failures_.read(); }

private:
    struct storm {
        std::int64_t minute_began_ns = 0;
        std::uint32_t said = 0;
        std::uint64_t suppressed = 0;
        std::string subscription;
        std::string error;
        std::string topic;
        std::source_location where;
    };

    void emit(const error_record& record) noexcept;
    void emit_summary(const storm& what) noexcept;
    void record_failure(const failure& what);
    [[nodiscard]] std::size_t write_texts(const subscription_record& of, const outcome* said,
                                          std::string_view between, std::span<char> into) noexcept;

    void mask(std::string& text) noexcept {
        if (mask_ != nullptr) {
            mask_->mask(text);
        }
    }

    scheduler& shared_;
    error_mask* mask_ = nullptr;
    log_sink sink_;
    std::mutex mutex_;
    std::map<std::string, storm, std::less<>> storms_;
    std::map<std::string, std::int64_t> said_;  // when, by topic
    shared_counter sink_failures_;
    invalid_log invalids_;
};

// The current exception and those nested in it, outermost first, joined by ": ". At most 1 KiB.
// Call it inside a catch block.
[[nodiscard]] std::string describe_current_exception();

}  // namespace stentor::inline v0::detail
