// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/inline_function.hpp>

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

// A function of the user's in an options struct: copyable, so that one set of options may serve
// several subscriptions; copies share the function. Empty by default.
//
// Threads: as for any value; the function itself is called by whoever has a copy. Making a full one
// allocates.
namespace stentor::inline v0 {

template <class Signature>
class callback;

template <class Return, class... Args>
class callback<Return(Args...)> {
public:
    callback() noexcept = default;

    template <class Callable>
        requires(!std::same_as<std::remove_cvref_t<Callable>, callback> &&
                 std::is_invocable_r_v<Return, std::decay_t<Callable>&, Args...>)
    callback(Callable&& callable)  // NOLINT(google-explicit-constructor): a lambda is a callback
        : function_(std::make_shared<inline_function<Return(Args...)>>(
              std::forward<Callable>(callable))) {}

    [[nodiscard]] explicit operator bool() const noexcept {
        return function_ != nullptr && static_cast<bool>(*function_);
    }
    // Only when there is one.
    Return operator()(Args... args) const { return (*function_)(std::forward<Args>(args)...); }

private:
    std::shared_ptr<inline_function<Return(Args...)>> function_;
};

}  // namespace stentor::inline v0
