// SPDX-License-Identifier: MIT

#include <stentor/bus/dead_letters.hpp>
#include <stentor/bus/interceptor.hpp>
#include <stentor/bus/redaction.hpp>
#include <stentor/bus/tracing.hpp>
#include <stentor/dispatch/manual_executor.hpp>
#include <stentor/stentor.hpp>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct payment_taken {
    static constexpr std::string_view topic = "payment.taken";
    std::string order;
    std::string card;
};
struct receipt_sent {
    static constexpr std::string_view topic = "receipt.sent";
    std::string order;
};

void mask_digits(std::string& text) {
    std::ranges::replace_if(text, [](unsigned char one) { return std::isdigit(one) != 0; }, '*');
}

// Keeps spans, which are told at their ends, and prints them as the trees that they are.
class span_book {
public:
    void add(const stentor::trace_span& one) {
        spans_.push_back(
            {std::string(one.span_id), std::string(one.parent_span_id),
             std::string(one.name) + (one.failed ? ", failed: " : "") + std::string(one.error)});
    }
    void print(const std::string& parent, const std::string& indent) const {
        for (const auto& one : spans_) {
            if (one.parent == parent) {
                std::cout << indent << one.text << '\n';
                print(one.id, indent + "  ");
            }
        }
    }

private:
    struct kept {
        std::string id;
        std::string parent;
        std::string text;
    };
    std::vector<kept> spans_{};
};

int main() {
    const auto steps = std::make_shared<stentor::manual_executor>(1);
    span_book spans;
    stentor::bus_options options;
    options.executor = steps;
    options.log.on_error = [](const stentor::error_record& it) {
        std::cout << "error: " << it.error << '\n';
    };
    // [snippet options]
    options.interceptors = {
        stentor::redaction<payment_taken>("cards", [](payment_taken& it) { mask_digits(it.card); }),
        stentor::error_redaction("errors", mask_digits),
        stentor::tracing({.sink = [&](const stentor::trace_span& one) { spans.add(one); }}),
        {.name = "audit", .on_settle = [](const stentor::settled_view& it) {
             std::cout << "audit: " << it.topic() << " at " << it.subscription() << " "
                       << to_string(it.how()) << " after " << it.attempts() << '\n';
         }}};
    // [end]
    stentor::bus bus(std::move(options));
    auto ledger = bus.subscribe<payment_taken>(
        "ledger",
        [](const payment_taken& it, stentor::context& ctx) {
            std::cout << "ledger: " << it.order << " by " << it.card << '\n';
            if (ctx.attempt() == 1) {
                throw std::runtime_error("terminal 17 is gone");
            }
            ctx.publish(receipt_sent{it.order});
        },
        {.retry = stentor::retry_policy{.max_attempts = 2, .immediate = 1}});
    auto mail = bus.subscribe<receipt_sent>("mail", [](const receipt_sent&) {});
    bus.publish(payment_taken{"o-1", "4111 1111"});
    steps->run_until_idle();
    spans.print("", "");
}

// [snippet points]
inline stentor::interceptor stamped(const std::string& tenant) {
    return {.name = "tenant",
            .pattern = "order.>",
            .before_publish =
                [tenant](stentor::outgoing_event& event) { event.set_header("tenant", tenant); },
            .before_handler =
                [](const stentor::call_view& call) {
                    std::clog << call.subscription() << " gets " << call.id().to_string() << '\n';
                },
            .after_handler =
                [](const stentor::call_view& call, const stentor::call_end& end) {
                    std::clog << call.subscription() << " took " << end.duration.count() << " ns\n";
                }};
}
// [end]
