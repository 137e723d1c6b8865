// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/registry/subscription.hpp>

#include <memory>

namespace stentor::inline v0::detail {

// What a subscription handle needs of the engine; it may outlive it.
class subscription_host {
public:
    virtual unsubscribe_result unsubscribe(
        const std::shared_ptr<subscription_record>& record) noexcept = 0;

protected:
    ~subscription_host() = default;
};

}  // namespace stentor::inline v0::detail
