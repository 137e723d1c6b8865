// SPDX-License-Identifier: MIT
#include "scenarios/scenario.hpp"
#include "support/latency.hpp"

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>

// stentor_perf_scenario NAME [--seconds S | --events N], or --list.

namespace perf {

budget::budget(double seconds, std::uint64_t events) noexcept
    : deadline_ns_(bench::now_ns() + static_cast<std::int64_t>(seconds * 1e9)), limit_(events) {}

bool budget::take(std::uint64_t events) noexcept {
    if (taken_.load(std::memory_order_relaxed) >= limit_ || bench::now_ns() >= deadline_ns_) {
        return false;
    }
    taken_.fetch_add(events, std::memory_order_relaxed);
    return true;
}

namespace {

constexpr double seconds_default = 10;
constexpr std::uint64_t no_limit = ~std::uint64_t{0};

int usage(const char* program) {
    std::fprintf(stderr, "usage: %s NAME [--seconds S | --events N]\n       %s --list\n", program,
                 program);
    return EXIT_FAILURE;
}

int run(const scenario& chosen, double seconds, std::uint64_t events) {
    budget left(seconds, events);
    const std::int64_t started = bench::now_ns();
    const std::int64_t unaccounted = chosen.run(left);
    const double taken = 1e-9 * static_cast<double>(bench::now_ns() - started);
    std::printf("%s: %llu events in %.2f s, %.2f M/s, unaccounted %lld\n",
                std::string(chosen.name).c_str(), static_cast<unsigned long long>(left.taken()),
                taken, static_cast<double>(left.taken()) / taken / 1e6,
                static_cast<long long>(unaccounted));
    return unaccounted == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace
}  // namespace perf

int main(int argc, char** argv) {
    const std::span arguments(argv, static_cast<std::size_t>(argc));
    if (arguments.size() == 2 && std::string_view(arguments[1]) == "--list") {
        for (const perf::scenario& each : perf::scenarios()) {
            std::printf("%-16s %s\n", std::string(each.name).c_str(),
                        std::string(each.what).c_str());
        }
        return EXIT_SUCCESS;
    }
    double seconds = perf::seconds_default;
    std::uint64_t events = perf::no_limit;
    if (arguments.size() == 4 && std::string_view(arguments[2]) == "--seconds") {
        seconds = std::strtod(arguments[3], nullptr);
    } else if (arguments.size() == 4 && std::string_view(arguments[2]) == "--events") {
        events = std::strtoull(arguments[3], nullptr, 10);
        seconds = 3600;
    } else if (arguments.size() != 2) {
        return perf::usage(arguments[0]);
    }
    for (const perf::scenario& each : perf::scenarios()) {
        if (each.name == arguments[1]) {
            return perf::run(each, seconds, events);
        }
    }
    return perf::usage(arguments[0]);
}
