// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/error.hpp>
#include <stentor/base/result.hpp>
#include <stentor/event/event_type.hpp>
#include <stentor/event/pattern.hpp>
#include <stentor/registry/handler_form.hpp>
#include <stentor/registry/subscription.hpp>
#include <stentor/registry/subscription_options.hpp>

#include <source_location>
#include <string_view>

namespace stentor::inline v0::detail {

// The type-erased door into the engine for whoever subscribes. Any thread; takes the lock of the
// registry.
class subscribe_target {
public:
    // Of `type` and `topics` one is null.
    virtual result<subscription, error> subscribe(std::string_view name, const event_type* type,
                                                  const pattern* topics, compiled_handler handler,
                                                  subscription_options options,
                                                  std::source_location where) = 0;

protected:
    ~subscribe_target() = default;
};

}  // namespace stentor::inline v0::detail
