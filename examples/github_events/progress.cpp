// SPDX-License-Identifier: MIT

#include "progress.hpp"

#include "stop_signal.hpp"
#include "text.hpp"

#include <algorithm>
#include <utility>

namespace github {
namespace {

using std::chrono::steady_clock;

std::string count(std::uint64_t value) {
    return with_commas(static_cast<std::int64_t>(value));
}

std::string whole_seconds(double seconds) {
    const auto rounded = static_cast<std::int64_t>(seconds + 0.5);
    return rounded < 120 ? std::to_string(rounded) + " s" : duration_text(rounded * 1'000'000'000);
}

}  // namespace

std::string progress_line(const progress_state& state, double per_second) {
    std::string line;
    if (state.publishing) {
        if (state.target && *state.target > 0) {
            const std::uint64_t percent = state.published * 100 / *state.target;
            line = right(std::to_string(percent), 3) + "%  " + count(state.published) + " of " +
                   count(*state.target);
        } else {
            line = count(state.published) + " events";
        }
        line += "  " + in_short(static_cast<std::int64_t>(per_second)) + "/s";
        if (state.target && per_second >= 1.0 && state.published < *state.target) {
            const double seconds =
                static_cast<double>(*state.target - state.published) / per_second;
            if (seconds >= 1.0 && seconds < 1e6) {
                line += "  " + whole_seconds(seconds) + " to go";
            }
        }
    } else {
        line = count(state.published) + " events published, waiting for the handlers";
    }
    line += "  in flight " + in_short(state.in_flight);
    if (state.pause == intermission::stage::paused) {
        line += "  held " + in_short(state.backlog);
    } else if (state.pause == intermission::stage::catching_up) {
        line += "  catching up " + in_short(state.backlog);
    }
    if (state.failed > 0) {
        line += "  failed " + in_short(state.failed);
    }
    if (state.bad > 0) {
        line += "  bad input " + in_short(static_cast<std::int64_t>(state.bad));
    }
    return line;
}

progress::progress(console& out, std::function<progress_state()> look)
    : out_(out), look_(std::move(look)) {
    const stop_signal::blocked_here signals_go_to_main;
    thread_ = std::jthread([this](std::stop_token stopped) { work(std::move(stopped)); });
}

progress::~progress() {
    thread_.request_stop();
    thread_.join();
    out_.clear();
}

void progress::work(std::stop_token stopped) {
    const auto step = out_.is_terminal() ? std::chrono::milliseconds(100) : std::chrono::seconds(5);
    auto then = steady_clock::now();
    std::uint64_t published_then = 0;
    double per_second = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
        // Never true: this is a sleep that a stop request ends.
        wake_.wait_for(lock, stopped, step, [] { return false; });
        if (stopped.stop_requested()) {
            return;
        }
        const progress_state state = look_();
        const auto now = steady_clock::now();
        const double seconds = std::chrono::duration<double>(now - then).count();
        // A rate over half a second, so that the figure does not flicker.
        if (seconds >= 0.5 || per_second == 0.0) {
            per_second =
                static_cast<double>(state.published - published_then) / std::max(seconds, 1e-3);
            then = now;
            published_then = state.published;
        }
        const std::string line = progress_line(state, per_second);
        if (out_.is_terminal()) {
            out_.status(line);
        } else {
            out_.say(line);
        }
    }
}

}  // namespace github
