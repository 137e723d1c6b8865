// SPDX-License-Identifier: MIT
#include <stentor/metrics/prometheus_text.hpp>

#include "unit/metrics/sample_bus.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using stentor::bus_snapshot;
using stentor::prometheus_text;

namespace {

// Sample lines by what stands before the value. Fails on a series that is there twice.
std::map<std::string, std::string> series_of(const std::string& text) {
    std::map<std::string, std::string> series;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        if (line.empty() || line[0] == '#') {
            continue;
        }
        const std::size_t gap = line.rfind(' ');
        EXPECT_TRUE(series.emplace(line.substr(0, gap), line.substr(gap + 1)).second) << line;
    }
    return series;
}

std::size_t count_in(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++count;
    }
    return count;
}

bus_snapshot bus_of(std::size_t subscriptions) {
    bus_snapshot bus;
    for (std::size_t at = 0; at < subscriptions; ++at) {
        stentor::subscription_snapshot each;
        each.name = "s" + std::to_string(at);
        each.terms = {.accepted = 3, .completed = 2, .queued = 1};
        bus.subscriptions.push_back(each);
    }
    return bus;
}

}  // namespace

TEST(prometheus_text, writes_the_bus) {
    const auto series = series_of(prometheus_text(sample_bus()));
    EXPECT_EQ(series.at("stentor_uptime_seconds"), "61.5");
    EXPECT_EQ(series.at("stentor_runners"), "3");
    EXPECT_EQ(series.at("stentor_runner_parks_total"), "11");
    EXPECT_EQ(series.at("stentor_runner_wakeups_total"), "12");
    EXPECT_EQ(series.at("stentor_runner_rescues_total"), "0");
    EXPECT_EQ(series.at("stentor_spare_activations_total"), "2");
    EXPECT_EQ(series.at("stentor_late_replies_total"), "6");
    EXPECT_EQ(series.at("stentor_invalid_published_total"), "8");
    EXPECT_EQ(series.at("stentor_validators_threw_total"), "9");
    EXPECT_EQ(series.at("stentor_interceptors_threw_total"), "10");
    EXPECT_EQ(series.at("stentor_duplicate_replies_total"), "7");
    EXPECT_EQ(series.at("stentor_lanes"), "4");
    EXPECT_EQ(series.at("stentor_pool_bytes"), "65536");
    EXPECT_EQ(series.at("stentor_envelopes_alive"), "1");
    EXPECT_EQ(series.at("stentor_unaccounted"), "0");
    EXPECT_EQ(series.at("stentor_durations_sampled_one_in"), "64");
    EXPECT_EQ(series.at("stentor_publish_calls_total"), "106");
    EXPECT_EQ(series.at("stentor_publish_results_total{status=\"accepted\"}"), "100");
    EXPECT_EQ(series.at("stentor_publish_results_total{status=\"no_subscribers\"}"), "5");
    EXPECT_EQ(series.at("stentor_publish_results_total{status=\"type_mismatch\"}"), "0");
    EXPECT_EQ(series.at("stentor_removed_deliveries_accepted_total"), "8");
    EXPECT_EQ(series.at("stentor_removed_deliveries_settled_total{outcome=\"cancelled\"}"), "8");
}

TEST(prometheus_text, writes_the_terms_of_each_subscription) {
    const auto series = series_of(prometheus_text(sample_bus()));
    EXPECT_EQ(series.at("stentor_late_calls_total{subscription=\"printer\"}"), "0");
    EXPECT_EQ(series.at("stentor_late_calls_total{subscription=\"mail\"}"), "2");
    EXPECT_EQ(series.at("stentor_deliveries_accepted_total{subscription=\"printer\"}"), "100");
    EXPECT_EQ(series.at("stentor_deliveries_settled_total{subscription=\"printer\","
                        "outcome=\"completed\"}"),
              "96");
    EXPECT_EQ(series.at("stentor_deliveries_outstanding{subscription=\"printer\","
                        "state=\"queued\"}"),
              "3");
    EXPECT_EQ(series.at("stentor_deliveries_unaccounted{subscription=\"printer\"}"), "0");
    EXPECT_EQ(series.at("stentor_subscription_info{subscription=\"printer\",pattern=\"order.>\","
                        "file=\"src/printer.cpp\",line=\"42\",placement=\"shared\"}"),
              "1");
    EXPECT_EQ(series.at("stentor_durations_sampled{subscription=\"printer\"}"), "1");
    EXPECT_EQ(series.at("stentor_durations_sampled{subscription=\"mail\"}"), "0");
    EXPECT_EQ(series.at("stentor_durations_lost_total{subscription=\"mail\"}"), "6");
}

TEST(prometheus_text, writes_histograms_that_add_up) {
    const auto series = series_of(prometheus_text(sample_bus()));
    const std::string name = "stentor_queue_wait_seconds";
    const std::string labels = "{subscription=\"printer\"";
    EXPECT_EQ(series.at(name + "_count" + labels + "}"), "4");
    EXPECT_EQ(series.at(name + "_bucket" + labels + ",le=\"+Inf\"}"), "4");
    EXPECT_EQ(series.at(name + "_sum" + labels + "}"), "20.0015008");  // 800 ns 1.5 us 1.5 ms 20 s
    EXPECT_EQ(series.at(name + "_bucket" + labels + ",le=\"1e-06\"}"), "1");
    EXPECT_EQ(series.at(name + "_bucket" + labels + ",le=\"2e-06\"}"), "2");
    EXPECT_EQ(series.at(name + "_bucket" + labels + ",le=\"0.001\"}"), "2");
    EXPECT_EQ(series.at(name + "_bucket" + labels + ",le=\"0.002\"}"), "3");
    EXPECT_EQ(series.at(name + "_bucket" + labels + ",le=\"10.0\"}"), "3");
}

TEST(prometheus_text, has_classic_bounds_from_a_microsecond_to_ten_seconds) {
    const std::string text = prometheus_text(bus_of(1));
    std::vector<double> bounds;
    std::istringstream in(text);
    const std::string start = "stentor_service_seconds_bucket{subscription=\"s0\",le=\"";
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(start) && line.find("Inf") == std::string::npos) {
            bounds.push_back(std::strtod(line.c_str() + start.size(), nullptr));
        }
    }
    ASSERT_EQ(bounds.size(), 22U);
    EXPECT_DOUBLE_EQ(bounds.front(), 1e-6);
    EXPECT_DOUBLE_EQ(bounds.back(), 10.0);
    for (std::size_t at = 1; at < bounds.size(); ++at) {
        const double factor = bounds[at] / bounds[at - 1];
        EXPECT_NEAR(factor, at % 3 == 2 ? 2.5 : 2.0, 1e-9) << bounds[at];
    }
}

TEST(prometheus_text, describes_every_family_once_and_in_one_block) {
    std::istringstream in(prometheus_text(sample_bus()));
    std::set<std::string> described;
    std::string current;
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string first;
        std::string kind;
        std::string family;
        words >> first;
        if (first == "#") {
            words >> kind >> family;
            if (kind == "HELP") {
                EXPECT_TRUE(described.insert(family).second) << family;
                current = family;
            }
            EXPECT_EQ(family, current);
        } else {
            EXPECT_TRUE(first.starts_with(current)) << line;
        }
    }
    EXPECT_GT(described.size(), 20U);
}

TEST(prometheus_text, ends_with_a_line_feed_and_holds_no_empty_line) {
    for (const bus_snapshot& bus : {bus_snapshot(), sample_bus()}) {
        const std::string text = prometheus_text(bus);
        EXPECT_EQ(text.back(), '\n');
        EXPECT_EQ(text.find("\n\n"), std::string::npos);
        EXPECT_EQ(text.find('\r'), std::string::npos);
    }
}

TEST(prometheus_text, escapes_label_values) {
    bus_snapshot bus = bus_of(1);
    bus.subscriptions[0].name = "a\"b\\c\nd";
    const auto series = series_of(prometheus_text(bus));
    EXPECT_TRUE(
        series.contains("stentor_deliveries_accepted_total{subscription="
                        "\"a\\\"b\\\\c\\nd\"}"));
}

TEST(prometheus_text, replaces_bytes_that_are_not_utf8) {
    const std::string bad = "\xEF\xBF\xBD";
    const std::vector<std::pair<std::string, std::string>> cases{
        {"gr\xC3\xBC\xC3\x9F", "gr\xC3\xBC\xC3\x9F"},  // two bytes each
        {"\xE2\x82\xAC", "\xE2\x82\xAC"},              // three
        {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},      // four
        {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"},      // the last one
        {"a\xFF", "a" + bad},                          // never a byte of UTF-8
        {"\xC3", bad},                                 // cut off
        {"\xE2\x82", bad + bad},                       // cut off
        {"\x80"
         "a",
         bad + "a"},                                  // no start
        {"\xC0\xAF", bad + bad},                      // overlong
        {"\xE0\x80\x80", bad + bad + bad},            // overlong
        {"\xED\xA0\x80", bad + bad + bad},            // a surrogate
        {"\xF4\x90\x80\x80", bad + bad + bad + bad},  // above U+10FFFF
        {"\xC3\"", bad + "\\\""},                     // the quote is not swallowed
    };
    for (const auto& [name, expected] : cases) {
        bus_snapshot bus = bus_of(1);
        bus.subscriptions[0].name = name;
        EXPECT_EQ(
            count_in(prometheus_text(bus), "accepted_total{subscription=\"" + expected + "\"}"), 1U)
            << expected;
    }
}

TEST(prometheus_text, writes_seconds_without_losing_nanoseconds) {
    const auto uptime = [](std::int64_t ns) {
        bus_snapshot bus;
        bus.uptime_ns = ns;
        return series_of(prometheus_text(bus)).at("stentor_uptime_seconds");
    };
    EXPECT_EQ(uptime(0), "0");
    EXPECT_EQ(uptime(1), "0.000000001");
    EXPECT_EQ(uptime(1'000'000'000), "1");
    EXPECT_EQ(uptime(12'345'678'900), "12.3456789");
    EXPECT_EQ(uptime(std::numeric_limits<std::int64_t>::max()), "9223372036.854775807");
    EXPECT_EQ(uptime(-1'500'000'000), "-1.5");
    EXPECT_EQ(uptime(std::numeric_limits<std::int64_t>::min()), "-9223372036.854775808");
}

TEST(prometheus_text, sums_up_what_does_not_fit) {
    const bus_snapshot bus = bus_of(50);
    const std::string text = prometheus_text(bus, {.max_series = 1000});
    const auto series = series_of(text);
    EXPECT_LE(series.size(), 1000U);
    EXPECT_GT(series.size(), 800U);
    std::int64_t accepted = 0;
    std::size_t named = 0;
    for (const auto& [name, value] : series) {
        if (name.starts_with("stentor_deliveries_accepted_total")) {
            accepted += std::stoll(value);
            ++named;
        }
    }
    EXPECT_EQ(accepted, 150);
    EXPECT_EQ(series.at("stentor_deliveries_accepted_total{subscription=\"other\"}"),
              std::to_string(3 * (50 - (named - 1))));
    EXPECT_TRUE(series.contains("stentor_deliveries_accepted_total{subscription=\"s0\"}"));
    EXPECT_EQ(text.find("info{subscription=\"other\""), std::string::npos);
}

TEST(prometheus_text, sums_up_histograms_too) {
    bus_snapshot bus = sample_bus();
    const auto series = series_of(prometheus_text(bus, {.max_series = 0}));
    const std::uint64_t both =
        bus.subscriptions[0].queue_wait.count + bus.subscriptions[1].queue_wait.count;
    EXPECT_EQ(series.at("stentor_queue_wait_seconds_count{subscription=\"other\"}"),
              std::to_string(both));
    EXPECT_EQ(series.at("stentor_durations_sampled{subscription=\"other\"}"), "1");
}

TEST(prometheus_text, does_not_sum_up_when_all_fit) {
    const std::string text = prometheus_text(bus_of(90));
    EXPECT_EQ(text.find("\"other\""), std::string::npos);
    EXPECT_LE(series_of(text).size(), 10'000U);
    EXPECT_NE(prometheus_text(bus_of(200)).find("\"other\""), std::string::npos);
}

TEST(prometheus_text, does_not_write_the_sum_twice_when_a_subscription_is_called_other) {
    bus_snapshot bus = bus_of(30);
    bus.subscriptions[1].name = "other";
    const auto capped = series_of(prometheus_text(bus, {.max_series = 1000}));
    EXPECT_TRUE(capped.contains("stentor_deliveries_accepted_total{subscription=\"other\"}"));
    const auto whole = series_of(prometheus_text(bus));
    EXPECT_EQ(whole.at("stentor_deliveries_accepted_total{subscription=\"other\"}"), "3");
}

TEST(prometheus_text, shows_an_imbalance) {
    bus_snapshot bus = bus_of(1);
    bus.subscriptions[0].terms.completed = 5;
    bus.audit.publishes.published = 4;
    const auto series = series_of(prometheus_text(bus));
    EXPECT_EQ(series.at("stentor_deliveries_unaccounted{subscription=\"s0\"}"), "-3");
    EXPECT_EQ(series.at("stentor_unaccounted"), "4");
}
