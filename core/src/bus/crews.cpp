// SPDX-License-Identifier: MIT
#include "base/attempt.hpp"
#include "bus/engine.hpp"

#include <thread>

// Who serves a subscription whose handlers do not run in the pool: the threads for handlers that
// block, and the loops of the user's.
namespace stentor::inline v0::detail {

namespace {

constexpr std::size_t loops_max = 16;

result<crew*, error> refused(errc code, std::string message) {
    return unexpected<error>(error(code, std::move(message)));
}

}  // namespace

// Null: the pool, or nobody. A closed bus makes none; the caller refuses the subscription.
result<crew*, error> engine::crew_for(const execution& wanted, const std::string& subject) {
    const std::lock_guard lock(registry_);
    if (closed()) {
        return nullptr;
    }
    switch (wanted.where()) {
        case execution::place::blocking: return blocking_crew_for(subject);
        case execution::place::polled: return polled_crew_for(wanted.told(), subject);
        case execution::place::pool:
        case execution::place::publisher: break;
    }
    return nullptr;
}

// With registry_ held, as the next one.
result<crew*, error> engine::blocking_crew_for(const std::string& subject) {
    const bool threads = !executors_.back()->manual();
    if (blocking_ == nullptr) {
        const auto count = static_cast<std::uint32_t>(options_.blocking_threads);
        auto made = std::make_unique<blocking_crew>(
            shared_, crew_size{.runners = count,
                               .workers = count,
                               .lanes = static_cast<std::size_t>(options_.lanes) + 1});
        std::vector<std::unique_ptr<runner>> runners;
        std::vector<runner*> known;
        for (std::uint32_t index = 0; index < count; ++index) {
            runners.push_back(std::make_unique<runner>(
                shared_, *made, static_cast<std::uint32_t>(runners_.size()) + index));
            known.push_back(runners.back().get());
        }
        made->take(std::move(known));
        made->cover(lanes_.size());
        if (threads) {
            made->park_all();
        }
        if (!shared_.add_crew(*made)) {
            return refused(errc::unsupported_combination, subject + ": too many crews");
        }
        for (auto& one : runners) {
            runners_.add(std::move(one));
        }
        blocking_ = std::move(made);
    }
    // One thread from the beginning: the first event waits for none, and a bus that can have no
    // threads says so now.
    if (threads && blocking_->threads() == 0 && !blocking_->start_one()) {
        return refused(errc::no_threads,
                       subject +
                           ": no thread could be started for execution::blocking; raise the "
                           "limit on threads (ulimit -u, cgroup pids.max)");
    }
    return blocking_.get();
}

result<crew*, error> engine::polled_crew_for(const std::shared_ptr<loop>& whose,
                                             const std::string& subject) {
    for (const auto& one : polled_) {
        if (one->whom() == whose.get()) {
            return one.get();
        }
    }
    if (polled_.size() >= loops_max) {
        return refused(errc::invalid_option,
                       subject +
                           ": execution::on() serves at most 16 loops in a bus; let "
                           "subscriptions share one");
    }
    make_room(polled_, polled_.size() + 1);
    auto made = std::make_unique<polled_crew>(
        crew_size{.lanes = static_cast<std::size_t>(options_.lanes) + 1}, whose);
    auto only =
        std::make_unique<runner>(shared_, *made, static_cast<std::uint32_t>(runners_.size()));
    made->take(*only);
    made->cover(lanes_.size());
    if (!shared_.add_crew(*made)) {
        return refused(errc::invalid_option, subject + ": too many loops");
    }
    runners_.add(std::move(only));
    polled_.push_back(std::move(made));
    return polled_.back().get();
}

// Not inside a handler, which may hold what the next one wants.
std::size_t engine::poll(const loop* whose, std::size_t max) noexcept {
    if (forked() || inside_handler() || shared_.stopping.load(std::memory_order_acquire)) {
        return 0;
    }
    polled_crew* wanted = nullptr;
    shared_.for_each_crew([&](crew& one) {
        auto* polled = one.as_polled();
        if (polled != nullptr && polled->whom() == whose) {
            wanted = polled;
        }
    });
    return wanted == nullptr ? 0 : wanted->poll(max);
}

// Of a bus whose executor has no threads. True: some handler of execution::blocking was called.
bool engine::step_blocking() noexcept {
    if (blocking_ == nullptr) {
        return false;
    }
    for (auto* one : blocking_->runners()) {
        if (one->step()) {
            return true;
        }
    }
    return false;
}

// What the watch does at its ticks, for a bus without threads.
bool engine::let_waiting_lanes_in() noexcept {
    bool any = false;
    shared_.for_each_crew([&](crew& one) {
        any = any || release_quick_waiters(shared_, one) || one.admit_waiting_slow() ||
              release_rested(shared_, one);
    });
    return any;
}

// A drain gives up what nobody polled for.
void engine::note_unpolled() noexcept {
    std::int64_t waiting = 0;
    {
        const std::lock_guard lock(registry_);
        for (const auto& one : lanes_) {
            if (one != nullptr && one->served_by() != nullptr &&
                one->served_by()->as_polled() != nullptr) {
                waiting += one->backlog();
            }
        }
    }
    if (waiting > 0) {
        static_cast<void>(attempt([&] {
            log_.notice(std::to_string(waiting) +
                        " deliveries waited for bus.poll() until the deadline of the drain, and "
                        "are cancelled; poll until it returns 0, then drain");
        }));
    }
}

// After the watch has stopped. False: some call has not returned.
bool engine::join_crews(std::chrono::nanoseconds patience) noexcept {
    bool all = blocking_ == nullptr || blocking_->join(patience);
    const auto until = shared_.moment_after(patience);
    for (const auto& one : polled_) {
        while (one->busy() && shared_.now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        all = all && !one->busy();
    }
    return all;
}

}  // namespace stentor::inline v0::detail
