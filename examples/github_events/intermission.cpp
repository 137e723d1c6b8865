// SPDX-License-Identifier: MIT

#include "intermission.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <algorithm>

namespace github {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// Reading the books costs some microseconds; this is often enough for a figure in milliseconds.
constexpr auto between_looks = 500us;

[[noreturn]] void refuse(const std::string& why) {
    throw failure(exit_code::usage, "--pause: " + why +
                                        "\n(--pause wants a handler's name, tag:TAG, or a pattern "
                                        "over names; the report of a run lists the names)");
}

std::int64_t came_back(const stentor::delivery_terms& terms) {
    return terms.completed + terms.failed;
}

}  // namespace

stentor::selector selector_from(const std::string& text) {
    constexpr std::string_view tag_prefix = "tag:";
    if (text.starts_with(tag_prefix)) {
        if (text.size() == tag_prefix.size()) {
            refuse("'tag:' names no tag");
        }
        return stentor::tag(std::string_view(text).substr(tag_prefix.size()));
    }
    if (text.find_first_of("*>") != std::string::npos) {
        const auto names = stentor::pattern::parse(text);
        if (!names) {
            refuse(printable(names.error().message()));
        }
        return *names;
    }
    return text;
}

intermission::intermission(stentor::bus& bus, const options& chosen)
    : bus_(bus),
      which_(selector_from(chosen.pause)),
      pause_at_(chosen.pause_at.value_or(0)),
      resume_at_(chosen.resume_at) {
    account_.which = printable(chosen.pause);
    // Once now, before there are events: the registry knows best whether somebody is meant, and
    // who.
    if (const auto tried = bus_.registry().disable(which_); !tried) {
        refuse(printable(tried.error().message()));
    }
    for (const auto& row : bus_.registry().list()) {
        if (row.state == stentor::handler_state::paused) {
            names_.push_back(row.name);
            account_.handlers.push_back({row.name});
        }
    }
    bus_.registry().enable(which_);
}

void intermission::before_publish(std::uint64_t published) {
    if (stage_ == stage::to_come && published >= pause_at_) {
        pause(published);
    }
    if (stage_ == stage::paused && resume_at_ && published >= *resume_at_) {
        resume(published, reason::asked);
    }
    if (stage_ == stage::catching_up && steady_clock::now() - looked_ >= between_looks) {
        look();
    }
}

void intermission::when_full(std::uint64_t published) {
    if (stage_ != stage::paused) {
        return;
    }
    std::int64_t moving = 0;
    for (const auto& [name, terms] : bus_.audit().subscriptions) {
        moving += terms.outstanding() - terms.held;
    }
    if (moving <= 0) {
        resume(published, reason::full);
    }
}

void intermission::input_ends(std::uint64_t published) {
    if (stage_ == stage::paused) {
        resume(published,
               resume_at_ && published >= *resume_at_ ? reason::asked : reason::at_the_end);
    }
}

void intermission::pause(std::uint64_t published) {
    if (const auto done = bus_.registry().disable(which_, stentor::backlog::hold,
                                                  "--pause-at " + std::to_string(pause_at_));
        !done) {
        throw failure(exit_code::not_balanced, printable(done.error().message()));
    }
    enter(stage::paused);
    const std::lock_guard lock(mutex_);
    account_.paused_after = published;
}

void intermission::resume(std::uint64_t published, reason why) {
    std::vector<backlog> handlers;
    handled_then_ = held_ = 0;
    for (const auto& [name, terms] : bus_.audit().subscriptions) {
        if (std::ranges::find(names_, name) != names_.end()) {
            handlers.push_back({name, terms.held});
            held_ += terms.held;
            handled_then_ += came_back(terms);
        }
    }
    resumed_ = steady_clock::now();
    if (const auto done = bus_.registry().enable(which_); !done) {
        throw failure(exit_code::not_balanced, printable(done.error().message()));
    }
    enter(stage::catching_up);
    const std::lock_guard lock(mutex_);
    account_.resumed_after = published;
    account_.why = why;
    account_.handlers = std::move(handlers);
}

void intermission::look() {
    if (stage_ != stage::catching_up) {
        return;
    }
    looked_ = steady_clock::now();
    if (came_back(terms()) < handled_then_ + held_) {
        return;
    }
    enter(stage::over);
    const std::lock_guard lock(mutex_);
    account_.caught_up_ns = std::chrono::nanoseconds(looked_ - resumed_).count();
}

void intermission::enter(stage next) {
    stage_ = next;
    const std::lock_guard lock(mutex_);
    account_.now = next;
}

stentor::delivery_terms intermission::terms() const {
    stentor::delivery_terms sum;
    for (const auto& [name, terms] : bus_.audit().subscriptions) {
        if (std::ranges::find(names_, name) != names_.end()) {
            sum += terms;
        }
    }
    return sum;
}

std::int64_t intermission::outstanding() const {
    return terms().outstanding();
}

intermission::account intermission::told() const {
    const std::lock_guard lock(mutex_);
    return account_;
}

}  // namespace github
