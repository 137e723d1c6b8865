// SPDX-License-Identifier: MIT

#include "replay.hpp"

#include "projection.hpp"
#include "stop_signal.hpp"

#include <algorithm>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

namespace github {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// Long enough to cost nothing, short enough that a runner does not run dry meanwhile.
constexpr auto pause_when_full = 200us;

// So that Ctrl-C is noticed while the rate keeps the program waiting.
constexpr auto sleep_max = 100ms;

}  // namespace

replay::replay(stentor::bus& bus, record_source& source, bad_input& bad, const options& chosen,
               intermission* between)
    : bus_(bus), source_(source), bad_(bad), options_(chosen), between_(between) {}

void replay::run() {
    started_ = steady_clock::now();
    while (!finished()) {
        const std::uint64_t before = tally_.published.load(std::memory_order_relaxed);
        ++tally_.passes;
        while (!finished()) {
            record* const what = source_.next();
            if (what == nullptr) {
                break;
            }
            if (!take(*what)) {
                return;
            }
        }
        // Without --events the input is read once. A pass that published nothing would be followed
        // by another such.
        const bool fruitless = tally_.published.load(std::memory_order_relaxed) == before;
        if (!options_.events || fruitless || !source_.rewind()) {
            return;
        }
    }
}

bool replay::finished() const {
    return stop_signal::requested() ||
           (options_.events &&
            tally_.published.load(std::memory_order_relaxed) >= *options_.events);
}

bool replay::take(record& what) {
    auto hook = to_webhook(what);
    if (!hook) {
        if (tally_.passes == 1) {
            bad_.report(source_.where(), hook.error());
        }
        return true;
    }
    keep_the_rate();
    if (between_ != nullptr) {
        between_->before_publish(tally_.published.load(std::memory_order_relaxed));
    }
    return publish(*hook, what);
}

bool replay::publish(const webhook& hook, const record& what) {
    using stentor::publish_status;
    for (auto full_since = steady_clock::time_point{};;) {
        const publish_status status = try_publish(hook, what).status();
        if (status == publish_status::rejected_full && !stop_signal::requested()) {
            if (full_since == steady_clock::time_point{}) {
                full_since = steady_clock::now();
                tally_.waits.fetch_add(1, std::memory_order_relaxed);
            }
            std::this_thread::sleep_for(pause_when_full);
            if (between_ != nullptr) {
                between_->when_full(tally_.published.load(std::memory_order_relaxed));
            }
            continue;
        }
        if (full_since != steady_clock::time_point{}) {
            const std::chrono::nanoseconds waited = steady_clock::now() - full_since;
            tally_.waited_ns.fetch_add(waited.count(), std::memory_order_relaxed);
        }
        switch (status) {
            case publish_status::accepted_partial:
                tally_.partial.fetch_add(1, std::memory_order_relaxed);
                [[fallthrough]];
            case publish_status::accepted:
            case publish_status::no_subscribers:
                tally_.published.fetch_add(1, std::memory_order_relaxed);
                return true;
            case publish_status::closed: return false;
            case publish_status::rejected_full: return false;  // and a stop was requested
            default: ++tally_.refused[std::string(to_string(status))]; return true;
        }
    }
}

stentor::publish_result replay::try_publish(const webhook& hook, const record& what) {
    const std::string number = std::to_string(tally_.published.load(std::memory_order_relaxed) + 1);
    const stentor::header numbered{number_header, number};
    const stentor::publish_options metadata{.correlation_id = what.id,
                                            .source = hook.source,
                                            .key = hook.repository,
                                            .headers = {&numbered, 1}};
    // Each attempt publishes a copy: the original is still needed if this one is refused.
    return std::visit(
        [&](const auto& event) {
            if constexpr (std::is_same_v<std::decay_t<decltype(event)>, untyped>) {
                return bus_.publish(stentor::topic(hook.topic), what.payload, metadata);
            } else {
                return bus_.publish(event, metadata);
            }
        },
        hook.event);
}

void replay::keep_the_rate() {
    if (options_.rate == 0) {
        return;
    }
    // From the start, not from the last event: what was late is caught up with.
    const double seconds = static_cast<double>(tally_.published.load(std::memory_order_relaxed)) /
                           static_cast<double>(options_.rate);
    const auto due = started_ + std::chrono::duration_cast<steady_clock::duration>(
                                    std::chrono::duration<double>(seconds));
    for (auto now = steady_clock::now(); now < due && !stop_signal::requested();
         now = steady_clock::now()) {
        std::this_thread::sleep_for(std::min<steady_clock::duration>(due - now, sleep_max));
    }
}

}  // namespace github
