// SPDX-License-Identifier: MIT
#include <stentor/testing/test_bus.hpp>

#include "kit.hpp"
#include "seeds.hpp"

#include <algorithm>
#include <utility>

namespace stentor::inline v0::testing {

namespace {

constexpr std::int32_t workers_default = 2;

std::string whole_seconds(std::chrono::nanoseconds time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + " s";
}

}  // namespace

not_settled::not_settled(const std::string& what) : std::runtime_error(what) {}
not_settled::~not_settled() = default;

struct test_bus::parts {
    std::shared_ptr<detail::kit> kit;
    bus_options options;
    std::int64_t steps_max;
    std::chrono::nanoseconds settle_time_max;
};

test_bus::parts test_bus::make_parts(test_bus_options options) {
    if (options.bus.executor != nullptr || options.bus.clock != nullptr) {
        throw std::invalid_argument(
            "stentor: a test_bus has an executor and a clock of its own; leave "
            "test_bus_options::bus.executor and .clock empty");
    }
    const auto seed = detail::seed_from_environment().value_or(options.seed);
    auto kit = std::make_shared<detail::kit>(seed);
    options.bus.executor = kit->executor;
    options.bus.clock = &kit->clock;
    if (options.bus.workers == 0) {
        options.bus.workers = workers_default;
    }
    return {.kit = std::move(kit),
            .options = std::move(options.bus),
            .steps_max = options.steps_max,
            .settle_time_max = options.settle_time_max};
}

test_bus::test_bus() : test_bus(test_bus_options{}) {}
test_bus::test_bus(test_bus_options options) : test_bus(make_parts(std::move(options))) {}
test_bus::test_bus(parts made)
    : bus(std::move(made.options), made.kit),
      kit_(std::move(made.kit)),
      steps_max_(made.steps_max),
      settle_time_max_(made.settle_time_max),
      failures_before_(detail::failures_so_far()),
      exceptions_before_(std::uncaught_exceptions()) {}

test_bus::~test_bus() {
    const bool failed = detail::failures_so_far() != failures_before_ ||
                        std::uncaught_exceptions() != exceptions_before_;
    if (failed && !detail::search_scope::active()) {
        detail::report_seed(kit_->seed);
    }
}

std::int64_t test_bus::settle() {
    kit_->forget_recent();
    std::int64_t steps = 0;
    run_ready(steps);
    std::chrono::nanoseconds passed{};
    while (const auto wait = until_next_timer()) {
        passed += *wait;
        if (passed > settle_time_max_) {
            throw not_settled("stentor: not settled after " + whole_seconds(passed) +
                              " of the bus's time; still running: " + kit_->busy() +
                              ". Somebody waits again and again, or for very long; use advance(), "
                              "or raise test_bus_options::settle_time_max");
        }
        kit_->clock.advance(*wait);
        ++steps;
        run_ready(steps);
    }
    return steps;
}

bool test_bus::step() {
    if (!kit_->tape.running.empty()) {
        throw std::logic_error("stentor: handler \"" + std::string(kit_->tape.running) +
                               "\" lets its own bus go on, which is the test's to do");
    }
    return kit_->executor->step();
}

void test_bus::run_ready(std::int64_t& steps) {
    while (step()) {
        if (++steps >= steps_max_) {
            throw not_settled("stentor: not settled after " + std::to_string(steps_max_) +
                              " steps; still running: " + kit_->busy() +
                              ". Handlers that publish to each other for ever do this; raise "
                              "test_bus_options::steps_max if there is an end to it");
        }
    }
}

void test_bus::advance(std::chrono::nanoseconds time) {
    kit_->forget_recent();
    std::int64_t steps = 0;
    run_ready(steps);
    for (auto left = time; left > std::chrono::nanoseconds(0);) {
        const auto next = std::min(until_next_timer().value_or(left), left);
        kit_->clock.advance(next);
        left -= next;
        ++steps;
        run_ready(steps);
    }
}

virtual_clock& test_bus::clock() noexcept {
    return kit_->clock;
}

void test_bus::fail_next_with(std::string_view handler, std::int32_t calls,
                              std::exception_ptr failure) {
    if (calls < 0) {
        throw std::invalid_argument("stentor: fail_next of " + std::to_string(calls) +
                                    " calls; give zero or more");
    }
    auto& notes = kit_->notes_of(handler);
    if (calls > 0) {
        notes.to_come.push_back({.what = std::move(failure), .calls = calls});
    }
}

std::int64_t test_bus::attempts(std::string_view handler) const {
    return kit_->notes_of(handler).attempts;
}
std::int64_t test_bus::completed(std::string_view handler) const {
    return terms(handler).completed;
}
std::int64_t test_bus::failures(std::string_view handler) const {
    return terms(handler).failed;
}

delivery_terms test_bus::terms(std::string_view handler) const {
    auto sum = kit_->notes_of(handler).ended;
    const auto report = audit();
    for (const auto& [name, one] : report.subscriptions) {
        if (name == handler) {
            sum += one;
        }
    }
    return sum;
}

history test_bus::history() const {
    return kit_->tape.events();
}
void test_bus::forget_published() {
    kit_->tape.forget();
}

std::uint64_t test_bus::seed() const noexcept {
    return kit_->seed;
}
std::uint64_t test_bus::choose(std::uint64_t count) noexcept {
    return kit_->choose(count);
}

}  // namespace stentor::inline v0::testing
