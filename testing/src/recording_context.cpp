// SPDX-License-Identifier: MIT
#include <stentor/testing/recording_context.hpp>

#include "recorder.hpp"
#include <stentor/base/clock.hpp>
#include <stentor/registry/delivery_frame.hpp>

#include <atomic>

namespace stentor::inline v0::testing::detail {

namespace {

constexpr std::uint64_t seed = 1;

using stentor::detail::lone_event;

lone_event::origin origin_of(const recording_options& options, clock& time, dice& ids) {
    auto given = options.metadata;
    if (!given.id) {
        constexpr std::int64_t ns_in_ms = 1'000'000;
        given.id = event_id::from_parts(static_cast<std::uint64_t>(time.system_ns() / ns_in_ms),
                                        ids.word(), ids.word());
    }
    return {.options = given,
            .causation_id = options.causation_id,
            .depth = options.depth,
            .unix_ns = time.system_ns()};
}

}  // namespace

struct recording::parts {
    template <class... What>
    parts(const recording_options& options, const What&... what)
        : event(what..., origin_of(options, time, ids)),
          tape(seed, options.answer),
          subscription(options.subscription),
          about(frame, tape, subscription) {
        tape.tell_time_by(time);
        tape.running = subscription;
        frame.slots = event.slot();
        frame.end = 1;
        frame.closed = &no;
        frame.attention = &no;
        frame.context = &about;
    }

    virtual_clock time;
    dice ids{seed};
    lone_event event;
    recorder tape;
    std::string subscription;
    const std::atomic<bool> no{false};
    stentor::detail::delivery_frame frame{};
    stentor::context about;
};

recording::recording(const event_type& type, const void* object, const recording_options& options)
    : parts_(std::make_unique<parts>(options, type, object)) {}
recording::recording(std::string_view topic, std::string_view text,
                     const recording_options& options)
    : parts_(std::make_unique<parts>(options, topic, text)) {}
recording::~recording() = default;

context& recording::context() noexcept {
    return parts_->about;
}
any_event recording::any() const noexcept {
    return any_event(parts_->event.slot());
}
history recording::history() const {
    return parts_->tape.events();
}

}  // namespace stentor::inline v0::testing::detail
