// SPDX-License-Identifier: MIT
#include "support/explore/explore.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace stentor::explore {

namespace {

// Never destroyed: abandoned stacks may hold what a leak checker looks for.
scheduler& the_scheduler() {
    static auto* instance = new scheduler;
    return *instance;
}

// An assertion inside a kernel, or a wild pointer, is a failure of the schedule like any other.
void on_signal(int number) {
    auto* active = scheduler::exploring();
    if (active != nullptr && active->in_task()) {
        active->fail(number == SIGABRT ? "abort() was called" : "invalid memory access");
    }
    std::signal(number, SIG_DFL);
    std::raise(number);
}

class signals_caught {
public:
    signals_caught() {
        struct sigaction action{};
        action.sa_handler = &on_signal;
        action.sa_flags = SA_NODEFER;  // the handler may never return
        sigaction(SIGABRT, &action, &old_abort_);
        if (!under_address_sanitizer) {  // its own report says more
            sigaction(SIGSEGV, &action, &old_segv_);
        }
    }
    ~signals_caught() {
        sigaction(SIGABRT, &old_abort_, nullptr);
        if (!under_address_sanitizer) {
            sigaction(SIGSEGV, &old_segv_, nullptr);
        }
    }
    signals_caught(const signals_caught&) = delete;
    signals_caught& operator=(const signals_caught&) = delete;

private:
    struct sigaction old_abort_{};
    struct sigaction old_segv_{};
};

std::optional<std::uint64_t> number_from(const char* variable) {
    const char* text = std::getenv(variable);
    if (text == nullptr || *text == '\0') {
        return std::nullopt;
    }
    return std::strtoull(text, nullptr, 0);
}

std::uint64_t base_seed(std::string_view name) {
    // The same in every run unless asked otherwise; different for each scenario.
    std::uint64_t seed = number_from("STENTOR_EXPLORE_BASE").value_or(0x57e4702ULL);
    for (const char letter : name) {
        seed = (seed ^ static_cast<unsigned char>(letter)) * 0x100000001b3ULL;
    }
    return seed;
}

std::unique_ptr<strategy> make_strategy(const options& how) {
    switch (how.how) {
        case search::random: return make_random(base_seed(how.name));
        case search::pct: return make_pct(base_seed(how.name), how.depth);
        case search::exhaustive: break;
    }
    return make_exhaustive(how.preemptions);
}

// "name/memory/ticket": the ticket, when it is meant for this exploration.
std::optional<std::string> replay_ticket(const options& how) {
    const char* text = std::getenv("STENTOR_EXPLORE_SEED");
    if (text == nullptr || *text == '\0') {
        return std::nullopt;
    }
    const std::string prefix = how.name + "/" + to_string(how.settings.memory) + "/";
    const std::string_view wanted = text;
    if (!wanted.starts_with(prefix)) {
        return "";
    }
    return std::string(wanted.substr(prefix.size()));
}

std::string run_once(scheduler& scheduler, const scenario& what, world& place) {
    try {
        what(place);
        std::string fault = scheduler.run();
        if (fault.empty()) {
            place.check_end();
        }
        return fault;
    } catch (const scheduler::failed& failure) {
        return failure.why;
    }
}

std::string describe(const options& how, const report& found, const std::string& fault,
                     const strategy& choices, const scheduler& scheduler) {
    return how.name + " failed in schedule " + std::to_string(found.schedules) + " (" +
           to_string(how) + ")\n  fault: " + fault + "\n  replay: STENTOR_EXPLORE_SEED='" +
           how.name + "/" + to_string(how.settings.memory) + "/" + choices.ticket() +
           "'\n  schedule:\n" + scheduler.schedule_text();
}

}  // namespace

report explore(const options& how, const scenario& what) {
    report found;
    const auto ticket = replay_ticket(how);
    if (ticket && ticket->empty()) {
        return found;  // another scenario is replayed
    }
    const auto choices = ticket ? make_replay(*ticket) : make_strategy(how);
    if (choices == nullptr) {
        found.failure = "STENTOR_EXPLORE_SEED is malformed: " + *ticket;
        return found;
    }
    const auto limit = how.how == search::exhaustive ? how.exhaustive_max : how.schedules;
    const auto started = std::chrono::steady_clock::now();
    const signals_caught guard;
    scheduler& scheduler = the_scheduler();
    while (found.schedules < limit && !found.exhausted && found.passed()) {
        choices->begin(found.schedules);
        scheduler.begin(how.settings, *choices);
        auto place = std::make_unique<world>(scheduler, found.outcomes);
        const std::string fault = run_once(scheduler, what, *place);
        ++found.schedules;
        found.steps_longest = std::max(found.steps_longest, scheduler.steps());
        const bool more = choices->end(scheduler.steps());
        if (fault.empty()) {
            place.reset();
            found.exhausted = !more;
        } else {
            found.failure = describe(how, found, fault, *choices, scheduler);
            // Abandoned tasks still refer to it.
            static auto* kept = new std::vector<std::unique_ptr<world>>;
            kept->push_back(std::move(place));
        }
        scheduler.finish();
    }
    found.took = std::chrono::steady_clock::now() - started;
    if (number_from("STENTOR_EXPLORE_VERBOSE")) {
        std::printf("[ explore  ] %s, %s: %llu schedules%s, longest %llu steps, %.0f/s%s\n",
                    how.name.c_str(), to_string(how).c_str(),
                    static_cast<unsigned long long>(found.schedules),
                    found.exhausted ? " (all)" : "",
                    static_cast<unsigned long long>(found.steps_longest),
                    static_cast<double>(found.schedules) / found.took.count(),
                    found.passed() ? "" : ", FOUND A FAULT");
        std::fflush(stdout);
    }
    return found;
}

std::string to_string(memory_model model) {
    switch (model) {
        case memory_model::sc: return "sc";
        case memory_model::tso: return "tso";
        case memory_model::weak: break;
    }
    return "weak";
}

void fail_at(const char* what, std::source_location where) {
    std::string why(what);
    why.append(" (").append(where.file_name()).append(":");
    why.append(std::to_string(where.line())).append(")");
    scheduler::exploring()->fail(why);
}

std::string to_string(const options& how) {
    std::string text;
    switch (how.how) {
        case search::random: text = "random"; break;
        case search::pct: text = "pct depth " + std::to_string(how.depth); break;
        case search::exhaustive:
            text = "exhaustive up to " + std::to_string(how.preemptions) + " preemptions";
            break;
    }
    return text + ", " + to_string(how.settings.memory);
}

}  // namespace stentor::explore
