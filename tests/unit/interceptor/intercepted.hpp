// SPDX-License-Identifier: MIT
#pragma once

#include "support/bus_fixture.hpp"
#include "support/recorder.hpp"
#include <stentor/bus/interceptor.hpp>
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Buses with interceptors that write down what they are told.
namespace stentor_test {

using namespace std::chrono_literals;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    int number = 0;
};

// Does not fit a slot.
struct order_noted {
    static constexpr std::string_view topic = "order.noted";
    std::string text;
};

using words = recorder<std::string>;

// Says where it is, as "name: point subscription attempt how".
[[nodiscard]] inline stentor::interceptor noting(words& into, const std::string& name) {
    const auto call = [](const stentor::call_view& one) {
        return std::string(one.subscription()) + " " + std::to_string(one.attempt());
    };
    return {.name = name,
            .before_publish =
                [&into, name](stentor::outgoing_event& one) {
                    into.add(name + ": publish " + std::string(one.topic()));
                },
            .before_handler =
                [&into, name, call](const stentor::call_view& one) {
                    into.add(name + ": before " + call(one));
                },
            .after_handler =
                [&into, name, call](const stentor::call_view& one, const stentor::call_end& end) {
                    into.add(name + ": after " + call(one) + " " + std::string(to_string(end.how)));
                },
            .on_settle =
                [&into, name](const stentor::settled_view& one) {
                    into.add(name + ": settle " + std::string(one.subscription()) + " " +
                             std::to_string(one.attempts()) + " " +
                             std::string(to_string(one.how())));
                }};
}

// The ends of deliveries, held against the books.
//
// Threads: any.
class settled_book {
public:
    [[nodiscard]] stentor::interceptor writer() {
        return {.name = "book", .on_settle = [this](const stentor::settled_view& one) {
                    const std::lock_guard lock(mutex_);
                    ++of_[std::string(one.subscription())][one.how()];
                    if (one.why()) {
                        ++why_[*one.why()];
                    }
                    ++times_[{std::string(one.subscription()), one.id()}];
                }};
    }
    // Each delivery of each subscription once, as what the audit has.
    void expect_balance(const stentor::audit_report& audit) {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, terms] : audit.subscriptions) {
            auto& mine = of_[name];
            using enum stentor::settlement;
            EXPECT_EQ(mine[completed] + mine[ignored] + mine[fell_back], terms.completed) << name;
            EXPECT_EQ(mine[failed], terms.failed) << name;
            EXPECT_EQ(mine[dead_lettered], terms.dead_lettered) << name;
            EXPECT_EQ(mine[dropped], terms.dropped()) << name;
            EXPECT_EQ(mine[expired], terms.expired) << name;
            EXPECT_EQ(mine[cancelled], terms.cancelled) << name;
            std::int64_t all = 0;
            for (const auto& [how, count] : mine) {
                all += count;
            }
            EXPECT_EQ(all, terms.accepted - terms.outstanding()) << name;
        }
        auto everyone = audit.removed;
        for (const auto& [name, terms] : audit.subscriptions) {
            everyone += terms;
        }
        std::int64_t told = 0;
        for (const auto& [name, mine] : of_) {
            for (const auto& [how, count] : mine) {
                told += count;
            }
        }
        EXPECT_EQ(told, everyone.terminal()) << "with those that are gone";
        for (const auto& [which, count] : times_) {
            EXPECT_EQ(count, 1) << which.first << " " << which.second.to_string();
        }
    }
    [[nodiscard]] std::int64_t count(const std::string& name, stentor::settlement how) {
        const std::lock_guard lock(mutex_);
        return of_[name][how];
    }

    [[nodiscard]] std::int64_t count(stentor::drop_reason why) {
        const std::lock_guard lock(mutex_);
        return why_[why];
    }

private:
    std::mutex mutex_;
    std::map<stentor::drop_reason, std::int64_t> why_;
    std::map<std::string, std::map<stentor::settlement, std::int64_t>> of_;
    std::map<std::pair<std::string, stentor::event_id>, int> times_;
};

// A bus without threads on a clock that stands still, made once its interceptors are known.
class intercepted : public bus_fixture {
protected:
    stentor::bus& start(std::initializer_list<stentor::interceptor> all,
                        stentor::bus_options options = small_bus()) {
        options.executor = executor;
        options.clock = &clock_;
        options.interceptors = all;
        bus = &make_bus(std::move(options));
        return *bus;
    }
    void run() { static_cast<void>(executor->run_until_idle()); }
    void pass(std::chrono::nanoseconds time) {
        clock_.advance(time);
        run();
    }

    std::shared_ptr<stentor::manual_executor> executor =
        std::make_shared<stentor::manual_executor>(1);
    stentor::bus* bus = nullptr;
    words said;
    settled_book book;
};

// One more attempt after 100 ms, then another, and so on.
[[nodiscard]] inline stentor::retry_policy attempts_of(std::int32_t most) {
    stentor::retry_policy policy;
    policy.max_attempts = most;
    policy.immediate = 0;
    policy.backoff = stentor::backoff::fixed;
    policy.base = 100ms;
    policy.budget = {};
    return policy;
}

}  // namespace stentor_test
