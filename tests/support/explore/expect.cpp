// SPDX-License-Identifier: MIT
#include "support/explore/expect.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <errno.h>

namespace stentor::explore {

namespace {

constexpr std::uint64_t least_schedules = 100;
// What AddressSanitizer finds, it finds in the first schedules that come by; and it is slow.
constexpr std::uint64_t slowdown = under_address_sanitizer ? 20 : 1;

std::string replay_hint() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    return std::string("  program: ") + program_invocation_name +
           " --gtest_filter=" + test->test_suite_name() + "." + test->name() + "\n";
}

// One entry for each search and model of the plan. The exhaustive search is tried with 0, 1, ...
// preemptions, because most faults need few, and few make a small tree.
std::vector<options> searches_of(const plan& what, const std::vector<unsigned>& pct_depths) {
    std::vector<options> all;
    for (const auto model : what.models) {
        for (const auto how : what.searches) {
            options one;
            one.name = what.name;
            one.how = how;
            one.exhaustive_max = what.exhaustive_max;
            one.settings = what.settings;
            one.settings.memory = model;
            for (unsigned bound = 0; how == search::exhaustive && bound <= what.preemptions;
                 ++bound) {
                one.preemptions = bound;
                all.push_back(one);
            }
            for (std::size_t at = 0; how == search::pct && at < pct_depths.size(); ++at) {
                one.depth = pct_depths[at];
                all.push_back(one);
            }
            if (how == search::random) {
                all.push_back(one);
            }
        }
    }
    return all;
}

bool same_search(const options& left, const options& right) {
    return left.how == right.how && left.settings.memory == right.settings.memory;
}

std::uint64_t schedules_wanted(const plan& what) {
    const char* text = std::getenv("STENTOR_EXPLORE_SCHEDULES");
    if (text != nullptr && *text != '\0') {
        return std::strtoull(text, nullptr, 0);
    }
    return what.schedules / slowdown;
}

bool replaying() {
    const char* text = std::getenv("STENTOR_EXPLORE_SEED");
    return text != nullptr && *text != '\0';
}

// Replays what failed, and expects the same report.
void expect_replay(const options& how, const scenario& body, const report& first) {
    const auto begin = first.failure.find("SEED='") + 6;
    const auto ticket = first.failure.substr(begin, first.failure.find('\'', begin) - begin);
    ::setenv("STENTOR_EXPLORE_SEED", ticket.c_str(), 1);
    const report again = explore(how, body);
    ::unsetenv("STENTOR_EXPLORE_SEED");
    const auto schedule = [](const report& from) {
        return from.failure.substr(from.failure.find("  fault:"));
    };
    EXPECT_FALSE(again.passed()) << "the replay of " << ticket << " does not fail";
    if (!again.passed()) {
        EXPECT_EQ(schedule(first), schedule(again)) << "the replay differs";
    }
}

}  // namespace

std::map<std::string, std::uint64_t> expect_holds(const plan& what, const scenario& body) {
    std::map<std::string, std::uint64_t> outcomes;
    auto all = searches_of(what, {2, 3, 5});
    const auto sharing = std::count_if(
        all.begin(), all.end(), [](const options& one) { return one.how != search::exhaustive; });
    for (auto& one : all) {
        one.exhaustive_max /= slowdown;
        one.schedules =
            std::max(least_schedules, schedules_wanted(what) / static_cast<std::uint64_t>(sharing));
        const report found = explore(one, body);
        EXPECT_TRUE(found.passed()) << found.failure << replay_hint();
        if (!found.passed()) {
            break;
        }
        for (const auto& [outcome, count] : found.outcomes) {
            outcomes[outcome] += count;
        }
    }
    return outcomes;
}

void expect_found(const plan& what, const scenario& body, const std::string& fault) {
    const auto all = searches_of(what, {3});
    for (std::size_t at = 0; at < all.size(); ++at) {
        auto one = all[at];
        one.schedules = what.schedules;
        const report found = explore(one, body);
        if (replaying()) {
            std::fputs(found.failure.c_str(), stderr);
            continue;
        }
        const bool tries_harder = at + 1 < all.size() && same_search(one, all[at + 1]);
        if (found.passed() && tries_harder) {
            continue;
        }
        EXPECT_FALSE(found.passed()) << what.name << ": " << to_string(one) << " found nothing in "
                                     << found.schedules << " schedules";
        if (!found.passed()) {
            EXPECT_NE(found.failure.find(fault), std::string::npos)
                << "found something else than \"" << fault << "\":\n"
                << found.failure;
            expect_replay(one, body, found);
        }
        while (at + 1 < all.size() && same_search(one, all[at + 1])) {
            ++at;
        }
    }
}

}  // namespace stentor::explore
