// SPDX-License-Identifier: MIT
#include <stentor/bus/tracing.hpp>

#include "bus/trace_context.hpp"
#include <stentor/event/pattern.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <memory>
#include <optional>
#include <random>
#include <utility>

// Traces, without any state beside the events: the id of a handler's span is made from the number
// of its call, so that who publishes inside finds the parent's id by the same way.
namespace stentor::inline v0 {
namespace detail {
namespace {

constexpr std::size_t attributes_most = 12;
constexpr std::size_t name_size = 8 + 255;  // "process " and a topic

// A bijection of 64 bits (splitmix64, S. Vigna), so that distinct numbers stay distinct.
std::uint64_t mixed(std::uint64_t value) noexcept {
    value += 0x9e3779b97f4a7c15ULL;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31U);
}

template <std::size_t Digits>
std::string_view view_of(const std::array<char, Digits>& text) noexcept {
    return {text.data(), text.size()};
}

std::array<char, event_id::text_size> text_of(event_id id) noexcept {
    std::array<char, event_id::text_size> text{};
    id.write(text.data());
    return text;
}

// A span while it is put together.
class span_writer {
public:
    span_writer(span_kind kind, std::string_view topic) noexcept {
        span_.kind = kind;
        const auto operation = kind == span_kind::producer ? "send" : "process";
        add("messaging.system", "stentor");
        add("messaging.operation.name", operation);
        add("messaging.operation.type", operation);
        add("messaging.destination.name", topic);
        auto* end = std::ranges::copy(std::string_view(operation), name_.data()).out;
        *end++ = ' ';
        end = std::ranges::copy(topic.substr(0, name_size - 8), end).out;
        span_.name = {name_.data(), static_cast<std::size_t>(end - name_.data())};
    }
    span_writer(const span_writer&) = delete;
    span_writer& operator=(const span_writer&) = delete;

    void add(std::string_view name, std::string_view value) noexcept {
        if (!value.empty()) {
            attributes_[count_++] = {name, value};
        }
    }
    void place(const trace_context& mine, std::uint64_t parent, std::string_view state) noexcept {
        trace_ = {hex_digits<16>(mine.trace_high), hex_digits<16>(mine.trace_low)};
        id_ = hex_digits<16>(mine.span);
        parent_ = hex_digits<16>(parent);
        span_.trace_id = {trace_[0].data(), 32};
        span_.span_id = view_of(id_);
        span_.parent_span_id = parent != 0 ? view_of(parent_) : std::string_view();
        span_.trace_state = state;
    }
    [[nodiscard]] trace_span& span() noexcept { return span_; }
    [[nodiscard]] const trace_span& done() noexcept {
        span_.attributes = {attributes_.data(), count_};
        return span_;
    }

private:
    trace_span span_{};
    std::array<span_attribute, attributes_most> attributes_{};
    std::size_t count_ = 0;
    std::array<char, name_size> name_{};
    std::array<std::array<char, 16>, 2> trace_{};
    std::array<char, 16> id_{};
    std::array<char, 16> parent_{};
};

// Threads: any. Progress: lock-free but for the sink.
class tracer {
public:
    explicit tracer(tracing_options&& options)
        : topics_(options.pattern), sink_(std::move(options.sink)), sample_(options.sample) {
        std::random_device source;
        for (auto& key : keys_) {
            key = (std::uint64_t{source()} << 32U) | source();
        }
    }

    void publish(outgoing_event& event) {
        if (event.redriven()) {
            return;
        }
        const auto data = event.metadata();
        const auto before = parent_of(event, data);
        const auto number = made_.fetch_add(1, std::memory_order_relaxed);
        auto mine = before ? *before : new_trace(number ^ keys_[1]);
        mine.span = id_from(number ^ keys_[0]);
        const auto text = mine.text();
        event.set_traceparent(view_of(text));
        // Of no trace but that which it came with.
        const auto state = before && carries(data.traceparent) ? data.tracestate : "";
        event.set_tracestate(state);
        if (!sink_ || (mine.flags & trace_context::sampled) == 0) {
            return;
        }
        span_writer out(span_kind::producer, event.topic());
        out.place(mine, before ? before->span : 0, state);
        out.span().start = out.span().end = event.time();
        const auto id = text_of(data.id);
        out.add("messaging.message.id", data.id.is_nil() ? "" : view_of(id));
        out.add("messaging.message.conversation_id", data.correlation_id);
        sink_(out.done());
    }

    void handled(const call_view& call, const call_end& end) {
        const auto data = call.metadata();
        const auto event = trace_context::parse(data.traceparent);
        const auto mine = span_of(call, event);
        if (!sink_ || (mine.flags & trace_context::sampled) == 0) {
            return;
        }
        span_writer out(span_kind::consumer, call.topic());
        out.place(mine, event ? event->span : 0, event ? data.tracestate : "");
        auto& span = out.span();
        span.start =
            end.at - std::chrono::duration_cast<std::chrono::system_clock::duration>(end.duration);
        span.end = end.at;
        span.failed = end.how == call_ending::failed;
        span.error = end.error;
        const auto id = text_of(data.id);
        out.add("messaging.message.id", view_of(id));
        out.add("messaging.message.conversation_id", data.correlation_id);
        out.add("messaging.consumer.group.name", call.subscription());
        const number_text events(call.events());
        out.add("messaging.batch.message_count", call.events() > 1 ? events.view() : "");
        const number_text attempt(static_cast<std::uint64_t>(call.attempt()));
        out.add("stentor.attempt", attempt.view());
        out.add("stentor.call.end", to_string(end.how));
        out.add("error.type", span.failed ? "_OTHER" : "");
        sink_(out.done());
    }

private:
    struct number_text {
        explicit number_text(std::uint64_t value) noexcept
            : end(std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr) {}
        [[nodiscard]] std::string_view view() const noexcept {
            return {digits.data(), static_cast<std::size_t>(end - digits.data())};
        }
        std::array<char, 20> digits{};
        const char* end;
    };

    static bool carries(std::string_view traceparent) noexcept {
        return trace_context::parse(traceparent).has_value();
    }
    static std::uint64_t id_from(std::uint64_t value) noexcept {
        return std::max<std::uint64_t>(mixed(value), 1);  // 0 is none
    }
    [[nodiscard]] trace_context new_trace(std::uint64_t value) const noexcept {
        return {.trace_high = mixed(value),
                .trace_low = id_from(value ^ keys_[2]),
                .span = 0,
                .flags = sample_ ? trace_context::sampled : std::uint8_t{0}};
    }
    // That a call of a handler is; `event` is the trace that its event came with.
    [[nodiscard]] trace_context span_of(const call_view& call,
                                        const std::optional<trace_context>& event) const noexcept {
        auto mine = event ? *event : new_trace(call.number() ^ keys_[3]);
        mine.span = id_from(call.number() ^ keys_[4]);
        return mine;
    }
    // Nothing: the trace begins here.
    [[nodiscard]] std::optional<trace_context> parent_of(const outgoing_event& event,
                                                         const metadata& data) const noexcept {
        const auto given = trace_context::parse(data.traceparent);
        const auto* cause = event.cause();
        const bool followed =
            cause != nullptr && cause->number() != 0 && topics_.matches(cause->topic());
        if (event.has_own_trace() || !followed) {
            return given;
        }
        return span_of(*cause, given);
    }

    const pattern topics_;
    const callback<void(const trace_span&)> sink_;
    const bool sample_;
    std::array<std::uint64_t, 5> keys_{};
    // Counts producer spans. Written by publishers, relaxed: it orders nothing.
    std::atomic<std::uint64_t> made_{0};
};

}  // namespace
}  // namespace detail

interceptor tracing(tracing_options options) {
    interceptor made;
    made.name = options.name;
    made.pattern = options.pattern;
    if (!check_pattern(options.pattern).ok()) {
        made.before_publish = [](outgoing_event&) {};  // the bus refuses it, with a message
        return made;
    }
    const auto by = std::make_shared<detail::tracer>(std::move(options));
    made.before_publish = [by](outgoing_event& event) { by->publish(event); };
    made.after_handler = [by](const call_view& call, const call_end& end) {
        by->handled(call, end);
    };
    return made;
}

}  // namespace stentor::inline v0
