// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/callback.hpp>
#include <stentor/bus/interceptor.hpp>
#include <stentor/export.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// Distributed tracing by W3C Trace Context: an interceptor that continues the trace of each event,
// or begins one, and says what happened as spans.
namespace stentor::inline v0 {

enum class span_kind : std::uint8_t { producer, consumer };

struct span_attribute {
    std::string_view name{};
    std::string_view value{};
};

// One span, which has ended. Views, valid during the call. The attributes have the names of
// OpenTelemetry's semantic conventions for messaging; others begin with `stentor.`.
struct trace_span {
    std::string_view trace_id{};        // 32 hexadecimal digits
    std::string_view span_id{};         // 16
    std::string_view parent_span_id{};  // the same; empty: the trace begins here
    std::string_view trace_state{};
    std::string_view name{};  // "send order.placed", "process order.placed"
    span_kind kind = span_kind::producer;
    std::chrono::system_clock::time_point start{};
    std::chrono::system_clock::time_point end{};
    bool failed = false;
    std::string_view error{};  // failed: what was thrown or said
    std::span<const span_attribute> attributes{};
};

struct tracing_options {
    // Called on publishers' and handlers' threads, by several at once; must not block. Empty:
    // traces are carried on, and nobody is told.
    callback<void(const trace_span&)> sink{};
    // Whether traces that begin here are sampled. Of others their flag says so; of those that are
    // not there are no spans.
    bool sample = true;
    std::string name = "tracing";  // as interceptors have
    std::string pattern = ">";
};

// A span per publish, whose id goes into the event's traceparent, and one per attempt of each
// handler, whose parent that is. What a handler publishes through its context has the span of its
// attempt as parent. A traceparent that is none begins a new trace, without its tracestate. Of a
// redriven event the trace goes on as it was.
[[nodiscard]] STENTOR_EXPORT interceptor tracing(tracing_options options = {});

}  // namespace stentor::inline v0
