// SPDX-License-Identifier: MIT
#include <stentor/registry/request.hpp>

#include "event/reply_ticket.hpp"
#include "registry/event_view.hpp"
#include <stentor/base/error.hpp>
#include <stentor/registry/context.hpp>

#include <cstdio>
#include <new>

// The asker's side of a request, and ctx.reply(). How an answer that is published finds its asker
// is in bus/asking.cpp.
namespace stentor::inline v0 {

namespace {

std::string in_milliseconds(std::chrono::nanoseconds time) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    char text[48];
    std::snprintf(text, sizeof text, us % 1000 == 0 ? "%lld" : "%lld.%03d",
                  static_cast<long long>(us / 1000), static_cast<int>(us % 1000));
    return std::string(text) + " ms";
}

}  // namespace

std::string_view to_string(request_failure_kind kind) noexcept {
    switch (kind) {
        case request_failure_kind::timed_out: return "timed_out";
        case request_failure_kind::refused: return "refused";
        case request_failure_kind::no_handler: return "no_handler";
        case request_failure_kind::cancelled: return "cancelled";
    }
    return "unknown";
}

std::string_view to_string(reply_status status) noexcept {
    switch (status) {
        case reply_status::delivered: return "delivered";
        case reply_status::late: return "late";
        case reply_status::duplicate: return "duplicate";
        case reply_status::not_asked: return "not_asked";
        case reply_status::wrong_type: return "wrong_type";
        case reply_status::no_memory: return "no_memory";
    }
    return "unknown";
}

request_error::request_error(const request_failure& why)
    : std::runtime_error(why.message()), kind_(why.kind()), status_(why.status()) {}
request_error::~request_error() = default;

reply_status context::answer(const event_type& type, void* object) const noexcept {
    const auto* box = reinterpret_cast<const detail::slot_header*>(frame_->slot())->box;
    if (box == nullptr || box->asks == nullptr) {
        return reply_status::not_asked;
    }
    if (!box->asks->wants(type)) {
        return reply_status::wrong_type;
    }
    detail::boxed_value value;
    if (box->asks->open()) {
        value = detail::boxed_value::moved_from(type, object);
        if (!value) {
            return reply_status::no_memory;
        }
    }
    using arrival = detail::reply_ticket::arrival;
    const auto came = box->asks->offer(std::move(value));
    const auto status = came == arrival::taken  ? reply_status::delivered
                        : came == arrival::late ? reply_status::late
                                                : reply_status::duplicate;
    target_->count_reply(status);
    return status;
}

namespace detail {

reply_ticket* make_reply_ticket(const event_type& wanted) noexcept {
    return new (std::nothrow) reply_ticket(wanted);
}

pending_reply::pending_reply(reply_ticket* asked, publish_status status, std::string_view topic,
                             std::chrono::nanoseconds timeout, violations&& found) noexcept
    : ticket_(asked),
      topic_(topic),
      timeout_(timeout),
      found_(std::move(found)),
      status_(status == publish_status::accepted_partial ? publish_status::accepted : status) {}

pending_reply::~pending_reply() {
    if (ticket_ != nullptr) {
        static_cast<void>(ticket_->close());
        ticket_->drop_reference();
    }
}

void pending_reply::wait(coroutine_delivery& asker) {
    auto right = asker.wait_for_ticket(timeout_);
    if (right == nullptr) {
        raise(error::out_of_memory());
    }
    ticket_->when_answered(right,
                           [](void* one) noexcept { static_cast<wait_ticket*>(one)->complete(); });
}

void* pending_reply::value() noexcept {
    return ticket_ == nullptr ? nullptr : ticket_->close();
}

request_failure pending_reply::failure() const {
    const auto asked = "request \"" + std::string(topic_) + "\"";
    const auto make = [&](request_failure_kind kind, std::string_view why) {
        return request_failure(kind, status_, asked + std::string(why));
    };
    switch (status_) {
        case publish_status::accepted: break;
        case publish_status::no_subscribers:
            return make(request_failure_kind::no_handler, ": nobody subscribes to it");
        case publish_status::closed:
            return make(request_failure_kind::cancelled, ": the bus is closing");
        default:
            return make(request_failure_kind::refused,
                        ": refused, " + std::string(to_string(status_)) +
                            (found_.empty() ? "" : ": " + found_.to_string()));
    }
    const auto wanted = " \"" + std::string(ticket_->wanted().topic) + "\"";
    return make(request_failure_kind::timed_out,
                ": no reply" + wanted + " within " + in_milliseconds(timeout_) +
                    (ticket_->forsaken()
                         ? "; its handlers have ended without one: they answer with ctx.reply(), "
                           "or with ctx.publish() of the reply"
                         : "; it is not handled yet, or its handlers are still at it"));
}

void pending_reply::raise_failure() const {
#if defined(__cpp_exceptions)
    throw request_error(failure());
#else
    raise(error(errc::closed, failure().message()));
#endif
}

}  // namespace detail

}  // namespace stentor::inline v0
