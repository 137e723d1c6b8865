// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/scheduler.hpp"
#include <stentor/bus/error_record.hpp>
#include <stentor/event/violation.hpp>
#include <stentor/metrics/counter.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

// Events that are published although they are invalid, as records: the first ten a minute of each
// topic and first violation one by one, the rest as counts.
//
// Threads: any; publishers of such events take its lock, no others do.
namespace stentor::inline v0::detail {

class invalid_log {
public:
    static constexpr std::uint32_t records_per_minute = 10;
    static constexpr std::int64_t minute_ns = 60'000'000'000;
    static constexpr std::size_t kinds_max = 1024;  // beyond it they are one

    // The sink and the counter are the error log's.
    invalid_log(scheduler& shared, log_sink& sink, shared_counter& sink_failures);

    void add(std::string_view topic, const violations& found) noexcept;
    // Says what was held back in minutes that have passed.
    void flush(bool all) noexcept;

private:
    struct storm {
        std::int64_t minute_began_ns = 0;
        std::uint32_t said = 0;
        std::uint64_t suppressed = 0;
        std::string topic;
        violation first;
    };

    // False: it is counted only.
    [[nodiscard]] bool note(std::string_view topic, const violation& first);
    void emit(const invalid_record& record) noexcept;
    void emit_summary(const storm& what) noexcept;

    scheduler& shared_;
    log_sink& sink_;
    shared_counter& sink_failures_;
    std::mutex mutex_;
    std::map<std::string, storm, std::less<>> storms_;
};

}  // namespace stentor::inline v0::detail
