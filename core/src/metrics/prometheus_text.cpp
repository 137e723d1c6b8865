// SPDX-License-Identifier: MIT
#include <stentor/metrics/prometheus_text.hpp>

#include "metrics/label_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>
#include <string_view>

namespace stentor::inline v0 {
namespace {

struct bound {
    std::int64_t ns;
    std::string_view seconds;
};

constexpr std::array bounds{
    bound{1'000, "1e-06"},         bound{2'000, "2e-06"},       bound{5'000, "5e-06"},
    bound{10'000, "1e-05"},        bound{20'000, "2e-05"},      bound{50'000, "5e-05"},
    bound{100'000, "0.0001"},      bound{200'000, "0.0002"},    bound{500'000, "0.0005"},
    bound{1'000'000, "0.001"},     bound{2'000'000, "0.002"},   bound{5'000'000, "0.005"},
    bound{10'000'000, "0.01"},     bound{20'000'000, "0.02"},   bound{50'000'000, "0.05"},
    bound{100'000'000, "0.1"},     bound{200'000'000, "0.2"},   bound{500'000'000, "0.5"},
    bound{1'000'000'000, "1.0"},   bound{2'000'000'000, "2.0"}, bound{5'000'000'000, "5.0"},
    bound{10'000'000'000, "10.0"},
};

struct labelled_term {
    std::string_view label;
    std::int64_t delivery_terms::* term;
};

constexpr std::array settled_terms{
    labelled_term{"completed", &delivery_terms::completed},
    labelled_term{"failed", &delivery_terms::failed},
    labelled_term{"dead_lettered", &delivery_terms::dead_lettered},
    labelled_term{"dropped_full", &delivery_terms::dropped_full},
    labelled_term{"dropped_no_memory", &delivery_terms::dropped_no_memory},
    labelled_term{"dropped_newest", &delivery_terms::dropped_newest},
    labelled_term{"dropped_oldest", &delivery_terms::dropped_oldest},
    labelled_term{"dropped_nested", &delivery_terms::dropped_nested},
    labelled_term{"dropped_disabled", &delivery_terms::dropped_disabled},
    labelled_term{"dropped_dependency", &delivery_terms::dropped_dependency},
    labelled_term{"cancelled", &delivery_terms::cancelled},
    labelled_term{"expired", &delivery_terms::expired},
};

constexpr std::array outstanding_terms{
    labelled_term{"queued", &delivery_terms::queued},
    labelled_term{"running", &delivery_terms::running},
    labelled_term{"retry_waiting", &delivery_terms::retry_waiting},
    labelled_term{"held", &delivery_terms::held},
};

constexpr std::size_t bus_series = 39;  // what describe_bus() and describe_removed() write, at most
constexpr std::size_t histograms_per_row = 3;
constexpr std::size_t row_series =
    9 + settled_terms.size() + outstanding_terms.size() + histograms_per_row * (bounds.size() + 3);

// One line or family at a time into one string; label text comes in escaped.
class writer {
public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        out_.append("# HELP ").append(name).append(" ").append(help).append("\n");
        out_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
    }

    template <class Integer>
    void sample(std::string_view labels, Integer value, std::string_view suffix = {}) {
        open(labels, suffix);
        std::array<char, 24> digits{};
        auto* end = std::to_chars(digits.data(), digits.data() + digits.size() - 1, value).ptr;
        *end++ = '\n';
        out_.append(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
    }

    void sample_seconds(std::string_view labels, std::int64_t ns, std::string_view suffix = {}) {
        open(labels, suffix);
        detail::append_seconds(out_, ns);
        out_ += '\n';
    }

    void gauge(std::string_view name, std::string_view help, auto value) {
        family(name, "gauge", help);
        sample({}, value);
    }

    void counter(std::string_view name, std::string_view help, auto value) {
        family(name, "counter", help);
        sample({}, value);
    }

    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    void open(std::string_view labels, std::string_view suffix) {
        out_.append(name_).append(suffix);
        if (!labels.empty()) {
            out_.append("{").append(labels).append("}");
        }
        out_ += ' ';
    }

    std::string out_;
    std::string_view name_;
};

// A subscription, or all those that did not fit.
struct row {
    std::string label;  // subscription="..."
    const subscription_snapshot* data;
    bool is_other;
};

void describe_publishes(writer& out, const publish_terms& terms) {
    out.counter("stentor_publish_calls_total", "Calls of publish.", terms.published);
    out.family("stentor_publish_results_total", "counter",
               "Calls of publish by what became of them.");
    out.sample(R"(status="accepted")", terms.accepted);
    out.sample(R"(status="no_subscribers")", terms.no_subscribers);
    out.sample(R"(status="rejected_full")", terms.rejected_full);
    out.sample(R"(status="rejected_invalid")", terms.rejected_invalid);
    out.sample(R"(status="rejected_too_deep")", terms.rejected_too_deep);
    out.sample(R"(status="rejected_no_memory")", terms.rejected_no_memory);
    out.sample(R"(status="expired")", terms.expired);
    out.sample(R"(status="closed")", terms.closed);
    out.sample(R"(status="would_deadlock")", terms.would_deadlock);
    out.sample(R"(status="type_mismatch")", terms.type_mismatch);
    out.sample(R"(status="rejected_interceptor")", terms.rejected_interceptor);
}

void describe_bus(writer& out, const bus_snapshot& bus) {
    out.family("stentor_uptime_seconds", "gauge", "Time since the bus was made.");
    out.sample_seconds({}, bus.uptime_ns);
    out.gauge("stentor_runners", "Threads that run handlers.", bus.runners);
    out.gauge("stentor_blocking_threads", "Threads that run handlers which block.",
              bus.blocking_threads);
    out.counter("stentor_runner_parks_total", "Times a runner went to sleep.", bus.parks);
    out.counter("stentor_runner_wakeups_total", "Times a runner was woken.", bus.wakeups);
    out.counter("stentor_runner_rescues_total",
                "Times the backstop found work nobody was woken for. Anything but 0 is a bug.",
                bus.rescues);
    out.counter("stentor_spare_activations_total",
                "Times a spare runner came in beside a slow handler.", bus.spare_activations);
    out.gauge("stentor_lanes", "Lanes in use.", bus.lanes);
    out.gauge("stentor_pool_bytes", "Memory held by the envelope pools.", bus.pool_bytes);
    out.gauge("stentor_envelopes_alive", "Envelopes in use.", bus.audit.envelopes_alive);
    out.gauge("stentor_unaccounted",
              "Events and deliveries that the conservation law misses. Not 0 at rest is a bug.",
              bus.audit.unaccounted());
    out.gauge("stentor_durations_sampled_one_in",
              "Where durations are sampled, one call in so many is timed.", bus.sampled_one_in);
    out.counter("stentor_late_replies_total", "Answers to requests whose askers waited no more.",
                bus.late_replies);
    out.counter("stentor_duplicate_replies_total",
                "Answers to requests that were answered already.", bus.duplicate_replies);
    out.counter("stentor_invalid_published_total",
                "Invalid events that were published, because their rule only warns.",
                bus.invalid_published);
    out.counter("stentor_validators_threw_total",
                "Calls of validators that threw; their events are invalid.", bus.validators_threw);
    out.counter("stentor_interceptors_threw_total", "Calls of interceptors that threw.",
                bus.interceptors_threw);
    describe_publishes(out, bus.audit.publishes);
}

void describe_removed(writer& out, const delivery_terms& removed) {
    out.counter("stentor_removed_deliveries_accepted_total",
                "Deliveries accepted by subscriptions that are gone.", removed.accepted);
    out.family("stentor_removed_deliveries_settled_total", "counter",
               "Deliveries settled for subscriptions that are gone, by how they ended.");
    for (const labelled_term& each : settled_terms) {
        out.sample("outcome=\"" + std::string(each.label) + '"', removed.*each.term);
    }
}

void describe_terms(writer& out, std::span<const row> rows, std::string_view label,
                    std::span<const labelled_term> terms) {
    for (const row& each : rows) {
        for (const labelled_term& term : terms) {
            std::string labels = each.label;
            labels.append(",").append(label).append("=\"").append(term.label).append("\"");
            out.sample(labels, each.data->terms.*term.term);
        }
    }
}

void describe_deliveries(writer& out, std::span<const row> rows) {
    out.family("stentor_deliveries_accepted_total", "counter", "Deliveries accepted.");
    for (const row& each : rows) {
        out.sample(each.label, each.data->terms.accepted);
    }
    out.family("stentor_deliveries_settled_total", "counter",
               "Deliveries settled, by how they ended.");
    describe_terms(out, rows, "outcome", settled_terms);
    out.family("stentor_deliveries_outstanding", "gauge",
               "Deliveries accepted and not yet settled, by where they are.");
    describe_terms(out, rows, "state", outstanding_terms);
    out.family("stentor_deliveries_ignored_total", "counter",
               "Deliveries completed whose handler said that it ignored the event.");
    for (const row& each : rows) {
        out.sample(each.label, each.data->ignored);
    }
    out.family("stentor_deliveries_released_total", "counter",
               "Calls whose handler gave the event back.");
    for (const row& each : rows) {
        out.sample(each.label, each.data->released);
    }
    out.family("stentor_retries_total", "counter", "Failed attempts that another one follows.");
    for (const row& each : rows) {
        out.sample(each.label, each.data->retried);
    }
    out.family("stentor_fallbacks_total", "counter",
               "Deliveries completed by the subscription's fallback.");
    for (const row& each : rows) {
        out.sample(each.label, each.data->fell_back);
    }
    out.family("stentor_attempts_overdue_total", "counter",
               "Attempts that lasted longer than the subscription's deadline.");
    for (const row& each : rows) {
        out.sample(each.label, each.data->overdue);
    }
    out.family(
        "stentor_late_calls_total", "counter",
        "Calls that lasted longer than the subscription's deadline, or the bus's late_after.");
    for (const row& each : rows) {
        out.sample(each.label, each.data->late);
    }
    out.family("stentor_deliveries_unaccounted", "gauge",
               "Deliveries that the conservation law misses. Not 0 at rest is a bug.");
    for (const row& each : rows) {
        out.sample(each.label, each.data->terms.unaccounted());
    }
}

void describe_histogram(writer& out, std::span<const row> rows, std::string_view name,
                        std::string_view help, histogram_snapshot subscription_snapshot::* member) {
    out.family(name, "histogram", help);
    for (const row& each : rows) {
        const histogram_snapshot& held = each.data->*member;
        for (const bound& limit : bounds) {
            std::string labels = each.label;
            labels.append(",le=\"").append(limit.seconds).append("\"");
            out.sample(labels, held.count_at_or_below(limit.ns), "_bucket");
        }
        out.sample(each.label + ",le=\"+Inf\"", held.count, "_bucket");
        out.sample_seconds(each.label, held.sum_ns, "_sum");
        out.sample(each.label, held.count, "_count");
    }
}

void describe_durations(writer& out, std::span<const row> rows) {
    describe_histogram(out, rows, "stentor_queue_wait_seconds",
                       "From accepted to the call of the handler.",
                       &subscription_snapshot::queue_wait);
    describe_histogram(out, rows, "stentor_service_seconds", "Inside the handler.",
                       &subscription_snapshot::service);
    describe_histogram(out, rows, "stentor_end_to_end_seconds", "From published to settled.",
                       &subscription_snapshot::end_to_end);
    out.family("stentor_durations_sampled", "gauge",
               "1 when only a sample of the calls was timed, see "
               "stentor_durations_sampled_one_in.");
    for (const row& each : rows) {
        out.sample(each.label, each.data->sampled ? 1 : 0);
    }
    out.family("stentor_durations_lost_total", "counter",
               "Durations that were not recorded because memory was short.");
    for (const row& each : rows) {
        const subscription_snapshot& held = *each.data;
        out.sample(each.label, held.queue_wait.lost + held.service.lost + held.end_to_end.lost);
    }
}

// One line for each state, as exporters do for what is one of several.
void describe_breakers(writer& out, std::span<const row> rows) {
    constexpr std::string_view states[]{"closed", "open", "half_open", "forced_open",
                                        "forced_closed"};
    out.family("stentor_breaker_state", "gauge",
               "1 for the state that the subscription's circuit breaker is in, else 0.");
    for (const row& each : rows) {
        for (const auto state : states) {
            if (!each.data->breaker.empty()) {
                std::string labels = each.label;
                labels.append(",state=\"").append(state).append("\"");
                out.sample(labels, each.data->breaker == state ? 1 : 0);
            }
        }
    }
}

void describe_subscriptions(writer& out, std::span<const row> rows) {
    out.family("stentor_subscription_info", "gauge", "Where each subscription comes from.");
    for (const row& each : rows) {
        if (!each.is_other) {
            const subscription_snapshot& held = *each.data;
            std::string labels = each.label;
            detail::append_label(labels, "pattern", held.pattern);
            detail::append_label(labels, "file", held.file);
            detail::append_label(labels, "line", std::to_string(held.line));
            detail::append_label(labels, "placement", held.placement);
            out.sample(labels, 1);
        }
    }
}

void add_to(subscription_snapshot& sum, const subscription_snapshot& each) {
    sum.terms += each.terms;
    sum.ignored += each.ignored;
    sum.released += each.released;
    sum.late += each.late;
    sum.retried += each.retried;
    sum.fell_back += each.fell_back;
    sum.overdue += each.overdue;
    sum.queue_wait.merge(each.queue_wait);
    sum.service.merge(each.service);
    sum.end_to_end.merge(each.end_to_end);
    sum.sampled = sum.sampled || each.sampled;
}

// The first subscriptions keep their names, so that a series does not change its meaning from one
// scrape to the next; `other` collects the rest.
std::vector<row> choose_rows(const bus_snapshot& bus, std::size_t max_series,
                             subscription_snapshot& other) {
    const std::size_t room = (max_series - std::min(max_series, bus_series)) / row_series;
    const bool all_fit = bus.subscriptions.size() <= room;
    const std::size_t named_max =
        all_fit ? bus.subscriptions.size() : room - std::min<std::size_t>(room, 1);
    std::vector<row> rows;
    for (const subscription_snapshot& each : bus.subscriptions) {
        // Beside the sum, a subscription that is called `other` would be the same series twice.
        if (rows.size() < named_max && (all_fit || each.name != "other")) {
            std::string label;
            detail::append_label(label, "subscription", each.name);
            rows.push_back({std::move(label), &each, false});
        } else {
            add_to(other, each);
        }
    }
    if (!all_fit) {
        rows.push_back({R"(subscription="other")", &other, true});
    }
    return rows;
}

}  // namespace

std::string prometheus_text(const bus_snapshot& snapshot, prometheus_options options) {
    writer out;
    describe_bus(out, snapshot);
    describe_removed(out, snapshot.audit.removed);
    subscription_snapshot other;
    const std::vector<row> rows = choose_rows(snapshot, options.max_series, other);
    if (!rows.empty()) {
        describe_subscriptions(out, rows);
        describe_deliveries(out, rows);
        describe_breakers(out, rows);
        describe_durations(out, rows);
    }
    return out.take();
}

}  // namespace stentor::inline v0
