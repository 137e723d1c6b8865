// SPDX-License-Identifier: MIT
#include "kit.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace stentor::inline v0::testing::detail {

namespace {

using stentor::detail::delivery_frame;

// What a handler is wrapped in: counts its calls, makes the next ones fail, and says that it runs.
// The handler's own loop goes over the frame as it would without this.
class observed_call {
public:
    observed_call(kit& of, handler_notes& notes, inline_function<void(delivery_frame&)> call)
        : kit_(&of), notes_(&notes), call_(std::move(call)) {}

    void operator()(delivery_frame& frame) {
        if (frame.index >= frame.end || frame.interrupted()) {
            return;
        }
        if (!notes_->to_come.empty()) {
            count(1);
            auto& next = notes_->to_come.front();
            const auto failure = next.what;
            if (--next.calls == 0) {
                notes_->to_come.pop_front();
            }
            std::rethrow_exception(failure);
        }
        const std::size_t first = frame.index;
        const auto before = std::exchange(kit_->tape.running, notes_->name);
        try {
            call_(frame);
        } catch (...) {
            kit_->tape.running = before;
            count(frame.index - first + frame.taken);
            throw;
        }
        kit_->tape.running = before;
        count(frame.index - first);
    }

private:
    void count(std::size_t calls) noexcept {
        notes_->attempts += static_cast<std::int64_t>(calls);
        notes_->recent += static_cast<std::int64_t>(calls);
    }

    kit* kit_;
    handler_notes* notes_;
    inline_function<void(delivery_frame&)> call_;
};

}  // namespace

kit::kit(std::uint64_t chosen_seed)
    : seed(chosen_seed),
      executor(std::make_shared<manual_executor>(chosen_seed)),
      tape(chosen_seed),
      dice_(chosen_seed) {
    tape.tell_time_by(clock);
}

kit::~kit() = default;

stentor::detail::publish_target& kit::outside(stentor::detail::publish_target& inside) noexcept {
    tape.pass_on_to(inside);
    return tape;
}

inline_function<void(delivery_frame&)> kit::around(std::string_view subscription,
                                                   inline_function<void(delivery_frame&)> call) {
    auto at = handlers_.find(subscription);
    if (at == handlers_.end()) {
        auto notes = std::make_unique<handler_notes>();
        notes->name = subscription;
        at = handlers_.emplace(notes->name, std::move(notes)).first;
    }
    return observed_call(*this, *at->second, std::move(call));
}

std::uint64_t kit::choose(std::uint64_t count) noexcept {
    return dice_.choose(count);
}

void kit::gone(std::string_view subscription, const delivery_terms& terms) noexcept {
    if (const auto at = handlers_.find(subscription); at != handlers_.end()) {
        at->second->ended += terms;
    }
}

handler_notes& kit::notes_of(std::string_view handler) const {
    if (const auto at = handlers_.find(handler); at != handlers_.end()) {
        return *at->second;
    }
    std::string known;
    for (const auto& [name, notes] : handlers_) {
        known += (known.empty() ? "" : ", ") + name;
    }
    throw std::invalid_argument("stentor: no handler \"" + std::string(handler) +
                                "\" was subscribed; " +
                                (known.empty() ? "none was, so far" : "those that were: " + known));
}

void kit::forget_recent() noexcept {
    for (auto& [name, notes] : handlers_) {
        notes->recent = 0;
    }
}

std::string kit::busy() const {
    std::vector<const handler_notes*> called;
    for (const auto& [name, notes] : handlers_) {
        if (notes->recent != 0) {
            called.push_back(notes.get());
        }
    }
    std::ranges::sort(called, std::greater<>{}, &handler_notes::recent);
    std::string text;
    for (const auto* one : called) {
        text +=
            (text.empty() ? "" : ", ") + one->name + " (" + std::to_string(one->recent) + " calls)";
    }
    return text.empty() ? "no handler was called" : text;
}

}  // namespace stentor::inline v0::testing::detail
