// SPDX-License-Identifier: MIT

#include "observers.hpp"

#include <stentor/bus/redaction.hpp>
#include <stentor/bus/tracing.hpp>

#include <string>
#include <utility>

namespace github {
namespace {

bool in_name(char one) noexcept {
    return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9') ||
           one == '.' || one == '_' || one == '-' || one == '+';
}

void add(std::atomic<std::int64_t>& sum, std::int64_t value) {
    sum.fetch_add(value, std::memory_order_relaxed);
}

}  // namespace

// In place and with as many bytes, so that the text stays the JSON that it was.
std::int64_t mask_addresses(std::string& text) noexcept {
    std::int64_t masked = 0;
    for (auto at = text.find('@'); at != text.npos; at = text.find('@', at + 1)) {
        auto begin = at;
        while (begin > 0 && in_name(text[begin - 1])) {
            text[--begin] = '*';
        }
        masked += begin != at ? 1 : 0;
    }
    return masked;
}

stentor::interceptor_list make_observers(observations& into) {
    stentor::tracing_options traced;
    traced.pattern = "github.issues.*";
    traced.sink = [&into](const stentor::trace_span& one) {
        add(into.spans, 1);
        add(into.spans_failed, one.failed ? 1 : 0);
    };
    return {stentor::redaction(
                "addresses", "github.>",
                [&into](std::string& text) { add(into.addresses_masked, mask_addresses(text)); }),
            stentor::tracing(std::move(traced))};
}

}  // namespace github
