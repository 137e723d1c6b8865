// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>

#include <memory>
#include <string_view>

namespace stentor::inline v0 {

namespace detail {
class subscription_record;
class subscription_host;
}  // namespace detail

enum class unsubscribe_result {
    done,      // no call is running or will run; the handler with its captures is gone
    deferred,  // called from the handler itself, or where waiting would close a cycle of waiting
               // handlers: no new call starts, and the last one destroys the handler
    not_subscribed,  // was over already, or this handle is empty
};

// A handler's registration. Move-only; when it goes out of scope the subscription is over, and what
// was queued for it is counted as cancelled. bus::keep() gives it the bus's life instead.
// Thread-safe but for concurrent use of one handle object. It may outlive the bus.
class STENTOR_EXPORT subscription {
public:
    subscription() noexcept;
    subscription(std::shared_ptr<detail::subscription_record> record,
                 std::weak_ptr<detail::subscription_host> host) noexcept;
    subscription(subscription&&) noexcept;
    subscription& operator=(subscription&&) noexcept;
    ~subscription();

    // A barrier: waits for the calls that are running, each at most one, then destroys the handler.
    // Blocks for that long; never for other handlers' calls.
    unsubscribe_result unsubscribe() noexcept;

    [[nodiscard]] std::string_view name() const noexcept;
    [[nodiscard]] bool active() const noexcept;
    [[nodiscard]] explicit operator bool() const noexcept { return active(); }

    // For the engine.
    [[nodiscard]] std::shared_ptr<detail::subscription_record> release() noexcept;

private:
    std::shared_ptr<detail::subscription_record> record_;
    std::weak_ptr<detail::subscription_host> host_;
};

}  // namespace stentor::inline v0
