// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/event_type.hpp>
#include <stentor/event/publish_result.hpp>
#include <stentor/event/violation.hpp>
#include <stentor/export.hpp>
#include <stentor/registry/coroutine_delivery.hpp>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// Asking and answering: co_await ctx.request<Reply>(event, timeout), and ctx.reply(value).
//
// The request's envelope carries a ticket that says where the answer goes, so answering needs no
// table: whoever handles the request has the ticket. The first answer counts.
namespace stentor::inline v0 {

enum class request_failure_kind : std::uint8_t {
    timed_out,   // nobody answered in time
    refused,     // the request was not accepted; status() says why
    no_handler,  // nobody subscribes to it
    cancelled,   // the bus is closing
};

[[nodiscard]] STENTOR_EXPORT std::string_view to_string(request_failure_kind kind) noexcept;

class request_failure {
public:
    request_failure(request_failure_kind kind, publish_status status, std::string message) noexcept
        : message_(std::move(message)), kind_(kind), status_(status) {}
    [[nodiscard]] request_failure_kind kind() const noexcept { return kind_; }
    [[nodiscard]] publish_status status() const noexcept { return status_; }  // of the request
    [[nodiscard]] const std::string& message() const noexcept { return message_; }

private:
    std::string message_;
    request_failure_kind kind_;
    publish_status status_;
};

// What co_await ctx.request(...) throws.
class STENTOR_EXPORT request_error : public std::runtime_error {
public:
    explicit request_error(const request_failure& why);
    request_error(const request_error&) noexcept = default;
    request_error& operator=(const request_error&) noexcept = default;
    ~request_error() override;
    [[nodiscard]] request_failure_kind kind() const noexcept { return kind_; }
    [[nodiscard]] publish_status status() const noexcept { return status_; }

private:
    request_failure_kind kind_;
    publish_status status_;
};

// What became of a reply.
enum class reply_status : std::uint8_t {
    delivered,   // the asker has it
    late,        // the asker does not wait any more
    duplicate,   // somebody has answered before
    not_asked,   // the handled event is no request
    wrong_type,  // the asker wants another type
    no_memory,
};

[[nodiscard]] STENTOR_EXPORT std::string_view to_string(reply_status status) noexcept;

namespace detail {

class reply_ticket;

// One request that was published, as its asker holds it.
class STENTOR_EXPORT pending_reply {
public:
    using stentor_awaitable = void;

    pending_reply(const pending_reply&) = delete;
    pending_reply& operator=(const pending_reply&) = delete;

    [[nodiscard]] bool await_ready() const noexcept { return status_ != publish_status::accepted; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> asker) {
        auto& delivery = *asker.promise().delivery;
        delivery.suspend_at(asker);
        wait(delivery);
    }

protected:
    // `asked` is the caller's reference; null: no memory.
    pending_reply(reply_ticket* asked, publish_status status, std::string_view topic,
                  std::chrono::nanoseconds timeout, violations&& found) noexcept;
    ~pending_reply();

    // The reply, which belongs to this; null: there is none, see failure().
    [[nodiscard]] void* value() noexcept;
    [[nodiscard]] request_failure failure() const;
    [[noreturn]] void raise_failure() const;

private:
    void wait(coroutine_delivery& asker);

    reply_ticket* ticket_;
    std::string_view topic_;
    std::chrono::nanoseconds timeout_;
    violations found_;  // of a request that is invalid
    publish_status status_;
};

template <class Reply>
class reply_wait final : public pending_reply {
public:
    reply_wait(reply_ticket* asked, publish_status status, std::string_view topic,
               std::chrono::nanoseconds timeout, violations&& found) noexcept
        : pending_reply(asked, status, topic, timeout, std::move(found)) {}
    Reply await_resume() {
        auto* found = static_cast<Reply*>(value());
        if (found == nullptr) {
            raise_failure();
        }
        return std::move(*found);
    }
};

template <class Reply>
class reply_result_wait final : public pending_reply {
public:
    reply_result_wait(reply_ticket* asked, publish_status status, std::string_view topic,
                      std::chrono::nanoseconds timeout, violations&& found) noexcept
        : pending_reply(asked, status, topic, timeout, std::move(found)) {}
    result<Reply, request_failure> await_resume() {
        auto* found = static_cast<Reply*>(value());
        if (found == nullptr) {
            return unexpected<request_failure>(failure());
        }
        return std::move(*found);
    }
};

// Null: no memory.
[[nodiscard]] STENTOR_EXPORT reply_ticket* make_reply_ticket(const event_type& wanted) noexcept;

}  // namespace detail

}  // namespace stentor::inline v0
