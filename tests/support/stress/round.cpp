// SPDX-License-Identifier: MIT
#include "support/stress/round.hpp"

#include "support/stress/publishing.hpp"
#include "support/stress/sampler.hpp"
#include "support/stress/sink.hpp"
#include <stentor/stentor.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace stentor::stress {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 60s;

// Sums of what the engine reported through its log.
struct failure_log {
    std::atomic<std::uint64_t> records{0};
    std::atomic<std::uint64_t> suppressed{0};

    [[nodiscard]] log_sink sink() {
        log_sink made;
        made.on_error = [this](const error_record& record) {
            if (record.suppressed == 0) {
                records.fetch_add(1);
            } else {
                suppressed.fetch_add(record.suppressed);
            }
        };
        made.on_notice = [](const notice_record&) {};
        return made;
    }
};

class round {
public:
    explicit round(const plan& what)
        : what_(what),
          streams_(what.publishers * what.topics.size()),
          sent_(streams_ * (1 + (what.echoes() ? what.subscriptions.size() : 0))),
          echoes_{sent_, told_, streams_, streams_},
          bus_(options()),
          dog_(describe(what), [this] { return state_of(bus_); }) {
        open_logs();
        subscribe_all();
    }

    round_result run();

private:
    [[nodiscard]] bus_options options() {
        auto made = what_.options();
        made.log = failures_.sink();
        return made;
    }
    void open_logs();
    void subscribe_all();
    void subscribe(std::size_t index);
    template <class E>
    subscription subscribe_typed(const std::string& name, sink& to, bool keyed,
                                 subscription_options options) {
        if (keyed) {
            options.order = by_key<E>([](const E& event) { return stamp_of(event).publisher(); });
        }
        return bus_.subscribe<E>(
            name, [&to](const E& event, context& about) { to.take(stamp_of(event), about); },
            std::move(options));
    }
    void drain_early();
    void check_publishes(const publish_terms& counted);
    void check_subscriptions(const audit_report& report);
    void complain(const std::string& line) { result_.wrong += line + '\n'; }
    void demand(bool holds, const std::string& line) {
        if (!holds) {
            complain(line);
        }
    }

    const plan& what_;
    const std::size_t streams_;  // of publishers; the handlers' come behind
    sent_log sent_;
    status_counts told_;
    failure_log failures_;
    echo_side echoes_;
    stentor::bus bus_;
    watchdog dog_;
    std::vector<std::unique_ptr<sink>> sinks_;
    std::vector<subscription> handles_;
    std::atomic<std::uint64_t> gone_out_{0};  // events that publishers are done with
    round_result result_;
};

void round::open_logs() {
    for (std::size_t stream = 0; stream < sent_.streams(); ++stream) {
        const auto owner = stream / streams_;
        if (owner == 0 || what_.subscriptions[owner - 1].echoes_one_in != 0) {
            sent_.open(stream, what_.events_each);
        }
    }
    for (std::size_t index = 0; index < what_.subscriptions.size(); ++index) {
        const auto& subscribed = what_.subscriptions[index];
        sinks_.push_back(std::make_unique<sink>(subscribed, index, sent_.streams(),
                                                what_.publishers, what_.fifo(), echoes_, dog_));
        for (std::size_t stream = 0; stream < sent_.streams(); ++stream) {
            const auto topic =
                stream < streams_ ? what_.topics[stream % what_.topics.size()] : echo_topic;
            if (sent_.at(stream) != nullptr && subscribed.gets(topic)) {
                sinks_.back()->log.open(stream, what_.events_each);
            }
        }
        for (const auto other : subscribed.follows) {
            sinks_.back()->log.comes_after(sinks_[other]->log, subscribed.options.require_success);
        }
    }
}

void round::subscribe_all() {
    for (std::size_t index = 0; index < what_.subscriptions.size(); ++index) {
        subscribe(index);
    }
}

void round::subscribe(std::size_t index) {
    const auto& how = what_.subscriptions[index];
    auto& to = *sinks_[index];
    const auto name = "s" + std::to_string(index);
    auto options = how.options;
    std::vector<std::string> others;
    for (const auto other : how.follows) {
        others.push_back("s" + std::to_string(other));
    }
    options.after = after(std::move(others));
    if (!how.pattern.empty()) {
        if (how.keyed) {
            options.order = by_key<any_event>(
                [](const any_event& event) { return stamp_of_any(event).publisher(); });
        }
        handles_.push_back(bus_.subscribe(
            name, pattern(how.pattern),
            [&to](const any_event& event, context& about) { to.take(stamp_of_any(event), about); },
            options));
        return;
    }
    switch (how.topic) {
        case 0: handles_.push_back(subscribe_typed<pulse_a>(name, to, how.keyed, options)); break;
        case 1: handles_.push_back(subscribe_typed<pulse_b>(name, to, how.keyed, options)); break;
        case 2: handles_.push_back(subscribe_typed<brick>(name, to, how.keyed, options)); break;
        case 3: handles_.push_back(subscribe_typed<letter>(name, to, how.keyed, options)); break;
        case 4: handles_.push_back(subscribe_typed<slab>(name, to, how.keyed, options)); break;
        case 5: handles_.push_back(subscribe_typed<parcel>(name, to, how.keyed, options)); break;
        default: handles_.push_back(subscribe_typed<echo>(name, to, how.keyed, options)); break;
    }
}

// Waits until the plan's share of the events is out, then closes the bus under the publishers.
void round::drain_early() {
    const auto goal = what_.events() * what_.drain_at / 100;
    while (gone_out_.load(std::memory_order_relaxed) < goal) {
        std::this_thread::sleep_for(100us);
    }
    const auto report = bus_.drain(std::chrono::microseconds(what_.drain_us));
    for (const auto& one : sinks_) {
        one->close();
    }
    demand(report.stuck.empty(), "drain reports a stuck handler, but all return");
}

round_result round::run() {
    const bool early = what_.drain_at < 100;
    std::vector<std::thread> threads;
    threads.reserve(what_.publishers);
    publishing out{what_, bus_, sent_, told_, dog_, gone_out_};
    sampler watching(what_, bus_, sinks_, out);
    for (std::size_t index = 0; index < what_.publishers; ++index) {
        threads.emplace_back([&out, index] { out.publish_all(index); });
    }
    if (early) {
        drain_early();
    }
    for (auto& one : threads) {
        one.join();
    }
    result_.wrong += watching.stop();
    const auto report = bus_.drain(patience);
    demand(report.complete || early, "the drain was not complete after 60 s");
    const auto rescues = bus_.snapshot().rescues;
    demand(rescues == 0, "lost wake-ups: " + std::to_string(rescues) + " rescues");
    const auto counted = bus_.audit();
    demand(counted.unaccounted() == 0, "the audit does not balance:\n" + counted.to_string());
    demand(counted.envelopes_alive == 0,
           std::to_string(counted.envelopes_alive) + " envelopes are still alive");
    check_publishes(counted.publishes);
    check_subscriptions(counted);
    if (!result_.wrong.empty()) {
        result_.wrong += describe(what_);
    }
    return result_;
}

void round::check_publishes(const publish_terms& counted) {
    struct row {
        const char* name;
        std::int64_t counted;
        std::uint64_t told;
    };
    using enum publish_status;
    const row rows[] = {
        {"accepted", counted.accepted, told_.of(accepted) + told_.of(accepted_partial)},
        {"no_subscribers", counted.no_subscribers, told_.of(no_subscribers)},
        {"rejected_full", counted.rejected_full, told_.of(rejected_full)},
        {"rejected_invalid", counted.rejected_invalid, told_.of(rejected_invalid)},
        {"rejected_too_deep", counted.rejected_too_deep, told_.of(rejected_too_deep)},
        {"rejected_no_memory", counted.rejected_no_memory, told_.of(rejected_no_memory)},
        {"expired", counted.expired, told_.of(expired)},
        {"closed", counted.closed, told_.of(closed)},
        {"would_deadlock", counted.would_deadlock, told_.of(would_deadlock)},
        {"type_mismatch", counted.type_mismatch, told_.of(type_mismatch)},
        {"rejected_interceptor", counted.rejected_interceptor, told_.of(rejected_interceptor)},
    };
    std::uint64_t sum = 0;
    for (const auto& one : rows) {
        sum += one.told;
        // A bulk call says how many went in, but not why the next one did not.
        demand(what_.bulk > 1 || static_cast<std::uint64_t>(one.counted) == one.told,
               std::string("publishes ") + one.name + ": " + std::to_string(one.told) +
                   " by the publishers, " + std::to_string(one.counted) + " by the engine");
    }
    result_.published = sum;
    demand(static_cast<std::uint64_t>(counted.published) == sum,
           "publishes: " + std::to_string(sum) + " by the publishers, " +
               std::to_string(counted.published) + " by the engine");
}

void round::check_subscriptions(const audit_report& report) {
    demand(report.subscriptions.size() == sinks_.size(), "the audit lacks a subscription");
    std::uint64_t failed = 0;
    for (std::size_t index = 0; index < sinks_.size(); ++index) {
        const auto& seen = *sinks_[index];
        const auto found = compare(sent_, seen.log);
        result_.deliveries += found.delivered;
        failed += seen.thrown.load();
        const auto name = "s" + std::to_string(index);
        const auto at = std::ranges::find(report.subscriptions, name,
                                          [](const auto& one) { return one.first; });
        if (at == report.subscriptions.end()) {
            continue;
        }
        const auto lines =
            disagreement(found, at->second, seen.thrown.load(), what_.drain_at < 100);
        demand(lines.empty(), "subscription " + name + ":\n" + lines);
        demand(seen.late.load() == 0, "subscription " + name + " was called after the drain");
    }
    demand(failures_.records.load() + failures_.suppressed.load() == failed,
           std::to_string(failed) + " calls threw, but the log tells of " +
               std::to_string(failures_.records.load()) + " + " +
               std::to_string(failures_.suppressed.load()));
}

}  // namespace

round_result run(const plan& what) {
    round one(what);
    return one.run();
}

}  // namespace stentor::stress
