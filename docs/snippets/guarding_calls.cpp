// SPDX-License-Identifier: MIT

#include <stentor/base/clock.hpp>
#include <stentor/resilience/bulkhead.hpp>
#include <stentor/resilience/circuit_breaker.hpp>
#include <stentor/resilience/rate_limit.hpp>
#include <stentor/resilience/retry_plan.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

using namespace std::chrono_literals;

// What is called: down for the first calls.
bool charge(const std::string& order) {
    static int calls = 0;
    static_cast<void>(order);
    return ++calls > 4;
}

std::int64_t milliseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

void guard_with_breaker(stentor::virtual_clock& time) {
    // [snippet breaker]
    stentor::breaker options{.name = "payments", .window = 10, .min_calls = 4, .trials = 1};
    options.on_change = [](const stentor::breaker_change& change) {
        std::cout << change.name << " is " << to_string(change.to) << '\n';
    };
    auto made = stentor::circuit_breaker::make(options, time);
    std::shared_ptr<stentor::circuit_breaker> payments = std::move(made).value();

    const auto try_to_charge = [&](const std::string& order) {
        auto permit = payments->try_acquire();
        if (!permit) {
            return std::string("not now");
        }
        if (!charge(order)) {
            permit.fail();
            return std::string("failed");
        }
        permit.succeed();
        return std::string("charged");
    };
    // [end]

    // [snippet open]
    for (int count = 0; count < 5; ++count) {
        std::cout << try_to_charge("o-1") << '\n';
    }
    time.advance(5s);
    std::cout << try_to_charge("o-1") << '\n';
    // [end]
}

void limit_rate(stentor::virtual_clock& time) {
    // [snippet rate]
    auto limit = stentor::rate_limiter::make({.permits = 10, .per = 1s, .burst = 2}, time).value();
    for (int count = 0; count < 3; ++count) {
        auto permit = limit->try_acquire();
        if (permit) {
            permit.use();  // without it the token goes back
            std::cout << "sent\n";
        } else {
            std::cout << "in " << milliseconds(permit.wait()) << " ms\n";
        }
    }
    // [end]
}

void limit_concurrency() {
    // [snippet bulkhead]
    const auto tell = [] { std::cout << "there is room\n"; };
    auto database = stentor::bulkhead::make({.limit = 1, .on_room = tell}).value();
    auto mine = database->try_enter();
    if (!database->try_enter()) {
        std::cout << "full\n";
    }
    mine.leave();  // or at the end of its scope
    // [end]
}

void plan_retries(stentor::virtual_clock& time) {
    // [snippet retry]
    stentor::retry_policy policy{.max_attempts = 4, .base = 100ms, .cap = 10s};
    policy.backoff = stentor::backoff::exponential;
    const auto plan = stentor::retry_plan::make(policy).value();
    auto progress = stentor::retry_progress::begun(time.steady_ns());
    const std::uint64_t seed = 1;  // the same for all attempts of one piece of work
    for (;;) {
        // ... the attempt fails ...
        const auto next = plan.decide(progress, {}, time.steady_ns(), seed);
        progress = next.progress;
        if (next.verdict != stentor::retry_verdict::retry) {
            std::cout << to_string(next.verdict) << " after " << progress.attempts << '\n';
            break;
        }
        std::cout << "again in " << milliseconds(next.delay) << " ms\n";
        time.advance(next.delay);
    }
    // [end]
}

void say_what_is_wrong() {
    // [snippet wrong]
    const auto wrong = stentor::retry_plan::make({.base = 2s, .cap = 1s});
    std::cout << wrong.error().message() << '\n';
    // [end]
}

int main() {
    stentor::virtual_clock time;
    guard_with_breaker(time);
    limit_rate(time);
    limit_concurrency();
    plan_retries(time);
    say_what_is_wrong();
}
