// SPDX-License-Identifier: MIT

#include "audit_file.hpp"
#include "console.hpp"
#include "failure.hpp"
#include "failure_log.hpp"
#include "handlers.hpp"
#include "intermission.hpp"
#include "observers.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "projection.hpp"
#include "repair.hpp"
#include "replay.hpp"
#include "report.hpp"
#include "source.hpp"
#include "stop_signal.hpp"
#include "text.hpp"
#include "troubled_handlers.hpp"
#include <stentor/stentor.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

// The main example: real GitHub webhooks, replayed through the bus. README.md tells what there is
// to see; handlers.cpp is the file to read first.

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

github::progress_state look(const stentor::bus& bus, const github::replay_tally& tally,
                            const github::bad_input& bad, const github::options& chosen,
                            const std::atomic<bool>& publishing,
                            const github::intermission* between) {
    stentor::delivery_terms all;
    for (const auto& [name, terms] : bus.audit().subscriptions) {
        all += terms;
    }
    return {
        .publishing = publishing.load(std::memory_order_relaxed),
        .published = tally.published.load(std::memory_order_relaxed),
        .target = chosen.events,
        .in_flight = all.outstanding(),
        .failed = all.failed,
        .bad = bad.count(),
        .pause = between != nullptr ? between->told().now : github::intermission::stage::to_come,
        .backlog = between != nullptr ? between->outstanding() : 0};
}

// Publishes everything and waits for the handlers, with progress on the terminal.
void publish_and_finish(stentor::bus& bus, github::replay& replay, const github::bad_input& bad,
                        const github::options& chosen, github::console& terminal,
                        github::intermission* between) {
    std::atomic<bool> publishing{true};
    std::optional<github::progress> progress;
    if (!chosen.quiet) {
        progress.emplace(
            terminal, [&] { return look(bus, replay.tally(), bad, chosen, publishing, between); });
    }
    replay.run();
    publishing.store(false, std::memory_order_relaxed);
    if (between != nullptr) {
        between->input_ends(replay.tally().published.load(std::memory_order_relaxed));
    }
    // A second Ctrl-C is not needed to leave this: the first one goes on to drain(), which has a
    // deadline.
    while (!github::stop_signal::requested() && !bus.wait_idle(between != nullptr ? 1ms : 100ms)) {
        if (between != nullptr) {
            between->look();
        }
    }
}

std::vector<std::pair<std::string, std::int64_t>> list(const github::findings& found) {
    return {{"triage requests", found.triage_requests},
            {"issues assigned", found.issues_assigned},
            {"reviews requested", found.review_requests},
            {"lines to review", found.lines_to_review},
            {"merges", found.merges},
            {"commits", found.commits},
            {"refs mirrored", found.refs_mirrored},
            {"releases announced", found.releases_announced},
            {"deletions", found.deletions},
            {"stars", found.stars}};
}

void append(std::vector<std::pair<std::string, std::int64_t>>& list, const github::troubles& seen) {
    list.insert(list.end(), {{"cards", seen.cards},
                             {"alerts mailed", seen.alerts_mailed},
                             {"alerts put off", seen.alerts_put_off}});
}

void append(std::vector<std::pair<std::string, std::int64_t>>& list,
            const github::observations& seen) {
    list.insert(list.end(), {{"addresses masked", seen.addresses_masked},
                             {"spans", seen.spans},
                             {"spans failed", seen.spans_failed}});
}

// What the handlers write to. It outlives the bus: made before, gone after.
struct results {
    results(stentor::clock& time, const github::options& chosen)
        : audit(chosen.audit), troubles(time, chosen), emergency(chosen.emergency_file) {}

    github::audit_file audit;
    github::projection repositories;
    github::findings found;
    github::failure_log failures;
    github::troubles troubles;
    github::emergency_place emergency;
    github::observations observed;
};

stentor::bus make_bus(stentor::clock& time, const github::options& chosen, results& made) {
    try {
        // The webhooks are 10 KB on average, so the memory bound is the one that is met: a
        // publisher that is too fast waits, and the program stays small.
        return stentor::bus{{.workers = chosen.workers,
                             .memory = 64 << 20,
                             .log = made.failures.sink(),
                             .clock = &time,
                             .dead_letters = made.troubles.letters,
                             .emergency_file = chosen.emergency_file,
                             .interceptors = github::make_observers(made.observed)}};
    } catch (const stentor::bus_error& why) {
        throw github::failure(github::exit_code::no_file,
                              std::string(why.what()) + "\n--emergency-file FILE names another");
    }
}

github::run_report collect(const stentor::bus& bus, const github::replay_tally& tally,
                           const github::record_source& source, const github::bad_input& bad,
                           results& made) {
    github::run_report report;
    report.input = source.name();
    report.published = tally.published;
    report.passes = tally.passes;
    report.bad = bad.count();
    report.partial = tally.partial;
    report.waits = tally.waits;
    report.waited_ns = tally.waited_ns;
    report.refused = tally.refused;
    report.interrupted = github::stop_signal::requested();
    report.bus = bus.snapshot();
    report.busiest = made.repositories.busiest(5);
    report.repositories = made.repositories.repositories();
    report.found = list(made.found);
    append(report.found, made.troubles);
    append(report.found, made.observed);
    report.found.emplace_back("out of order", made.repositories.out_of_order());
    report.failures = made.failures.examples();
    report.notices = made.failures.notices();
    report.audit_path = made.audit.path().string();
    report.audit_complete = made.audit.flush();
    report.audit_lines = made.audit.lines();
    return report;
}

void print(const github::run_report& report) {
    const bool colours = github::is_terminal(stdout) && std::getenv("NO_COLOR") == nullptr;
    const std::string text =
        github::render(report, {.width = github::terminal_width(stdout), .colours = colours});
    std::fwrite(text.data(), 1, text.size(), stdout);
}

struct ending {
    steady_clock::time_point handled;  // what was published, but for what failed
    stentor::drain_report drained;
    github::repair_account repair;
};

// What failed is repaired while the bus can still deliver. After Ctrl-C it is only looked at.
ending finish(stentor::bus& bus, const github::options& chosen, results& made,
              github::intermission* between) {
    const bool stopped = github::stop_signal::requested();
    ending end;
    if (stopped) {
        end.drained = bus.drain(10s);
    }
    if (between != nullptr) {
        between->look();
    }
    end.handled = steady_clock::now();
    end.repair = github::look_and_repair(bus, made.troubles, chosen.emergency_file, stopped);
    if (!stopped) {
        end.drained = bus.drain(10s);
    }
    if (end.repair.file_is_done()) {
        made.emergency.remove();
    }
    return end;
}

github::exit_code run(const github::options& chosen) {
    github::console terminal(stderr);
    github::bad_input bad(terminal);
    const auto source = chosen.input.empty() ? github::open_examples(chosen.data, bad)
                                             : github::open_ndjson(chosen.input, bad);
    stentor::clock& time = stentor::system_clock_source();
    results made(time, chosen);
    stentor::bus bus = make_bus(time, chosen, made);
    github::subscribe_all(bus, made.audit, made.repositories, made.found, chosen.slow);
    github::subscribe_troubled(bus, made.troubles);
    github::load_handlers(bus);
    std::optional<github::intermission> pause;
    if (chosen.pause_at) {
        pause.emplace(bus, chosen);
    }
    auto* const between = pause ? &*pause : nullptr;
    bus.warm();

    github::stop_signal::install();
    github::replay replay(bus, *source, bad, chosen, between);
    const auto started = steady_clock::now();
    publish_and_finish(bus, replay, bad, chosen, terminal, between);
    const ending end = finish(bus, chosen, made, between);
    const std::chrono::nanoseconds elapsed = end.handled - started;

    github::run_report report = collect(bus, replay.tally(), *source, bad, made);
    report.drained = end.drained;
    report.repair = end.repair;
    if (between != nullptr) {
        report.pause = between->told();
    }
    report.elapsed_ns = elapsed.count();
    if (report.published == 0 && report.refused.empty() && !report.interrupted) {
        throw github::failure(
            github::exit_code::no_events,
            "no usable event in '" + github::printable(report.input) + "'" +
                (report.bad == 0 ? ": there are only blank lines" : ": the lines above say why") +
                "\n--help shows what a line looks like");
    }
    print(report);

    if (report.bus.audit.unaccounted() != 0) {
        return github::exit_code::not_balanced;
    }
    if (!source->intact()) {
        return github::exit_code::no_file;
    }
    return report.interrupted ? github::exit_code::interrupted : github::exit_code::success;
}

}  // namespace

int main(int count, char** arguments) {
    try {
        const auto chosen = github::parse_options(
            std::span<const char* const>(arguments, static_cast<std::size_t>(count)).subspan(1));
        if (chosen.help) {
            std::fputs(github::help_text().c_str(), stdout);
            return 0;
        }
        return static_cast<int>(run(chosen));
    } catch (const github::failure& why) {
        std::fprintf(stderr, "stentor_github_events: %s\n", why.what());
        return static_cast<int>(why.code());
    } catch (const std::exception& why) {
        std::fprintf(stderr, "stentor_github_events: %s\n", why.what());
        return static_cast<int>(github::exit_code::not_balanced);
    }
}
