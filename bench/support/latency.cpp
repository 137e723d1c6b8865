// SPDX-License-Identifier: MIT
#include "support/latency.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <thread>

namespace bench {
namespace {

using namespace std::chrono_literals;

// Threads that were just made or moved find their CPUs within a few milliseconds; the schedule
// begins after that.
constexpr std::int64_t settling_ns = 20'000'000;

double quantile(const std::vector<std::int64_t>& sorted, double share) {
    const auto rank =
        static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return static_cast<double>(sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1]);
}

}  // namespace

void delay_book::add_quantiles(measurement& result, std::string_view prefix) const {
    std::vector<std::int64_t> sorted;
    sorted.reserve(delays_.size());
    for (std::uint64_t i = delays_.size() / 5; i < delays_.size(); ++i) {
        if (delays_[i] != unset) {
            sorted.push_back(delays_[i]);
        }
    }
    if (sorted.empty()) {
        return;
    }
    std::sort(sorted.begin(), sorted.end());
    const std::string name(prefix);
    result.add(name + "p50_ns", quantile(sorted, 0.50));
    result.add(name + "p90_ns", quantile(sorted, 0.90));
    result.add(name + "p99_ns", quantile(sorted, 0.99));
    result.add(name + "max_ns", static_cast<double>(sorted.back()));
}

void open_loop_run::start() {
    usage_at_start_ = usage_now();
    start_ns_ = now_ns() + settling_ns;
}

measurement open_loop_run::finish(const delay_book& delays, std::uint64_t deliveries) {
    measurement result;
    result.publisher_cpus = current_cpu_bit();
    result.seconds = 1e-9 * static_cast<double>(now_ns() - start_ns_);
    result.cpu_seconds = usage_now().cpu_seconds - usage_at_start_.cpu_seconds;
    result.ok = wait_for_deliveries(book_, deliveries);
    result.count = count_;
    result.deliveries = book_.delivered();
    result.checksum = book_.total().sum;
    result.handler_cpus = book_.cpus();
    if (!result.ok) {
        result.fail("deliveries stopped coming: " + std::to_string(result.deliveries) + " of " +
                    std::to_string(deliveries));
        return result;
    }
    delays.add_quantiles(result, "");
    lateness_.add_quantiles(result, "publisher_late_");
    result.add("cores_used", result.cpu_seconds / result.seconds);
    return result;
}

bool wait_for_deliveries(const ledger& book, std::uint64_t deliveries) {
    std::uint64_t seen = book.delivered();
    std::int64_t last_progress = now_ns();
    while (seen < deliveries) {
        std::this_thread::sleep_for(50us);
        const std::uint64_t now = book.delivered();
        if (now != seen) {
            seen = now;
            last_progress = now_ns();
        } else if (now_ns() - last_progress > 10'000'000'000) {
            return false;
        }
    }
    return true;
}

void verify_each_handler(measurement& result, const ledger& book, std::uint64_t count) {
    if (!result.ok) {
        return;
    }
    tally expected;
    for (std::uint64_t i = 0; i < count; ++i) {
        expected.sum += checksum(make_payload(0, i, 0));
    }
    expected.count = count;
    for (std::size_t handler = 0; handler < book.handlers(); ++handler) {
        if (book.of(handler) != expected) {
            result.fail("handler " + std::to_string(handler) + ": count or checksum differs");
            return;
        }
    }
}

}  // namespace bench
