// SPDX-License-Identifier: MIT
#include "support/stress/sampler.hpp"

#include <chrono>
#include <utility>

namespace stentor::stress {

sampler::sampler(const plan& what, const bus& of, const std::vector<std::unique_ptr<sink>>& sinks,
                 const publishing& publishers)
    : what_(what), bus_(of), sinks_(sinks), publishers_(publishers), thread_([this] { watch(); }) {}

sampler::~sampler() {
    static_cast<void>(stop());
}

std::string sampler::stop() {
    stop_.store(true);
    if (thread_.joinable()) {
        thread_.join();
    }
    return std::exchange(wrong_, {});
}

void sampler::complain(std::string line) {
    constexpr std::size_t enough = 2'000;
    if (wrong_.size() < enough) {
        wrong_ += std::move(line) + '\n';
    }
}

void sampler::watch() {
    // Audits take the registry's lock and a while: often enough to meet everything, seldom enough
    // to leave the others their time.
    constexpr int bounds_per_audit = 16;
    for (int turn = 0; !stop_.load(); ++turn) {
        look_at_bounds();
        if (turn % bounds_per_audit == 0) {
            look_at_audit();
        }
        std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
}

// First what was accepted for certain, then the calls that began: the difference is no more than
// what was outstanding when the first was read. Cancelled events never begin, so a bus that is
// drained under load is not looked at.
void sampler::look_at_bounds() {
    for (std::size_t index = 0; index < sinks_.size() && what_.drain_at >= 100; ++index) {
        const auto& how = what_.subscriptions[index];
        if (!how.bounded() || how.options.require_success) {
            continue;  // what is dropped for its dependency does not begin either
        }
        std::uint64_t accepted = 0;
        for (std::size_t stream = 0; stream < publishers_.streams(); ++stream) {
            accepted += how.gets(publishers_.topic_of(stream)) ? publishers_.accepted(stream) : 0;
        }
        const auto begun = sinks_[index]->begun.load();
        const auto outstanding = static_cast<std::int64_t>(accepted - begun);
        if (outstanding > how.options.capacity) {
            complain("subscription s" + std::to_string(index) + " has " +
                     std::to_string(outstanding) + " outstanding; its capacity is " +
                     std::to_string(how.options.capacity));
        }
    }
}

void sampler::look_at_audit() {
    const auto all = bus_.snapshot();
    std::int64_t terminal = 0;
    for (const auto& [name, terms] : all.audit.subscriptions) {
        terminal += terms.terminal();
        if (terms.accepted < 0 || terms.terminal() < 0 || terms.queued < 0 || terms.running < 0) {
            complain("the audit under load tells a negative number:\n" + all.audit.to_string());
        }
    }
    if (terminal < terminal_before_) {
        complain("settled deliveries became fewer");
    }
    terminal_before_ = terminal;
}

}  // namespace stentor::stress
