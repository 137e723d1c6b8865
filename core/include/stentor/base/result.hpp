// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/assert.hpp>

#include <memory>
#include <type_traits>
#include <utility>

// A value or the reason why there is none: the part of std::expected's interface that we use, under
// its names, so that moving to it in C++23 is a search and replace. Two differences: value()
// without a value stops the process instead of throwing, so that it works without exceptions, and
// both types must be nothrow movable, so that an assignment can never leave a result with neither.
//
// Threads: a value, share as any other. Progress: allocates nothing itself.

namespace stentor::inline v0 {

template <class Error>
class unexpected {
public:
    constexpr explicit unexpected(Error why) noexcept : error_(std::move(why)) {}

    [[nodiscard]] constexpr const Error& error() const& noexcept { return error_; }
    [[nodiscard]] constexpr Error& error() & noexcept { return error_; }
    [[nodiscard]] constexpr Error&& error() && noexcept { return std::move(error_); }

private:
    Error error_;
};

template <class Value, class Error>
class [[nodiscard]] result {
    static_assert(std::is_object_v<Value> && std::is_object_v<Error>);
    static_assert(std::is_nothrow_move_constructible_v<Value> &&
                      std::is_nothrow_move_constructible_v<Error>,
                  "result needs types whose move constructors are noexcept");

public:
    using value_type = Value;
    using error_type = Error;

    constexpr result() noexcept(std::is_nothrow_default_constructible_v<Value>)
        requires std::is_default_constructible_v<Value>
        : value_(), has_value_(true) {}

    template <class Other = Value>
        requires(std::is_constructible_v<Value, Other> &&
                 !std::is_same_v<std::remove_cvref_t<Other>, result> &&
                 !std::is_same_v<std::remove_cvref_t<Other>, unexpected<Error>>)
    // NOLINTNEXTLINE(google-explicit-constructor): `return value;` must work, as with std::expected
    constexpr explicit(!std::is_convertible_v<Other, Value>)
        result(Other&& value) noexcept(std::is_nothrow_constructible_v<Value, Other>)
        : value_(std::forward<Other>(value)), has_value_(true) {}

    template <class Other>
        requires std::is_constructible_v<Error, Other>
    // NOLINTNEXTLINE(google-explicit-constructor): `return unexpected(why);` must work
    constexpr result(unexpected<Other> why) noexcept
        : error_(std::move(why).error()), has_value_(false) {}

    constexpr result(const result& other) : has_value_(other.has_value_) {
        if (has_value_) {
            std::construct_at(std::addressof(value_), other.value_);
        } else {
            std::construct_at(std::addressof(error_), other.error_);
        }
    }

    constexpr result(result&& other) noexcept : has_value_(other.has_value_) {
        take(std::move(other));
    }

    constexpr result& operator=(const result& other) {
        return *this = result(other);  // copying may throw; moving what was copied cannot
    }

    constexpr result& operator=(result&& other) noexcept {
        if (this != &other) {
            destroy();
            has_value_ = other.has_value_;
            take(std::move(other));
        }
        return *this;
    }

    constexpr ~result() { destroy(); }

    [[nodiscard]] constexpr bool has_value() const noexcept { return has_value_; }
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return has_value_; }

    [[nodiscard]] constexpr Value& value() & { return check_value(), value_; }
    [[nodiscard]] constexpr const Value& value() const& { return check_value(), value_; }
    [[nodiscard]] constexpr Value&& value() && { return check_value(), std::move(value_); }

    [[nodiscard]] constexpr Value& operator*() & noexcept { return value(); }
    [[nodiscard]] constexpr const Value& operator*() const& noexcept { return value(); }
    [[nodiscard]] constexpr Value&& operator*() && noexcept { return std::move(*this).value(); }
    [[nodiscard]] constexpr Value* operator->() noexcept { return std::addressof(value()); }
    [[nodiscard]] constexpr const Value* operator->() const noexcept {
        return std::addressof(value());
    }

    [[nodiscard]] constexpr Error& error() & { return check_error(), error_; }
    [[nodiscard]] constexpr const Error& error() const& { return check_error(), error_; }
    [[nodiscard]] constexpr Error&& error() && { return check_error(), std::move(error_); }

    template <class Other>
    [[nodiscard]] constexpr Value value_or(Other&& other) const& {
        return has_value_ ? value_ : static_cast<Value>(std::forward<Other>(other));
    }
    template <class Other>
    [[nodiscard]] constexpr Value value_or(Other&& other) && {
        return has_value_ ? std::move(value_) : static_cast<Value>(std::forward<Other>(other));
    }

private:
    constexpr void check_value() const noexcept {
        STENTOR_ASSERT(has_value_, "this result holds an error: ask has_value() before value()");
    }
    constexpr void check_error() const noexcept {
        STENTOR_ASSERT(!has_value_, "this result holds a value: ask has_value() before error()");
    }

    constexpr void take(result&& other) noexcept {
        if (has_value_) {
            std::construct_at(std::addressof(value_), std::move(other.value_));
        } else {
            std::construct_at(std::addressof(error_), std::move(other.error_));
        }
    }

    constexpr void destroy() noexcept {
        if (has_value_) {
            std::destroy_at(std::addressof(value_));
        } else {
            std::destroy_at(std::addressof(error_));
        }
    }

    union {
        Value value_;
        Error error_;
    };
    bool has_value_;
};

// Nothing or the reason why it could not be done.
template <class Error>
class [[nodiscard]] result<void, Error> {
    struct nothing {};

public:
    using value_type = void;
    using error_type = Error;

    constexpr result() noexcept = default;

    template <class Other>
        requires std::is_constructible_v<Error, Other>
    // NOLINTNEXTLINE(google-explicit-constructor): `return unexpected(why);` must work
    constexpr result(unexpected<Other> why) noexcept : state_(std::move(why)) {}

    [[nodiscard]] constexpr bool has_value() const noexcept { return state_.has_value(); }
    [[nodiscard]] constexpr explicit operator bool() const noexcept { return has_value(); }
    constexpr void value() const { static_cast<void>(state_.value()); }

    [[nodiscard]] constexpr Error& error() & { return state_.error(); }
    [[nodiscard]] constexpr const Error& error() const& { return state_.error(); }
    [[nodiscard]] constexpr Error&& error() && { return std::move(state_).error(); }

private:
    result<nothing, Error> state_;
};

}  // namespace stentor::inline v0
