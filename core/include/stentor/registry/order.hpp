// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/any_event.hpp>
#include <stentor/event/event_key.hpp>
#include <stentor/event/event_traits.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

// In which order a subscription's events are handled, and what of it may run at the same time.
//
//     {.order = stentor::order::serial}                      one event at a time
//     {.order = stentor::by_key(&order_placed::id)}          one event of a key at a time
//
// An order is a value: copying it shares the key function. Threads: a key function is called by one
// runner at a time per subscription, never under a lock, and must be callable while const.
namespace stentor::inline v0 {

namespace detail {

// The event that a key function takes, where its type tells.
struct unknown_event {};
template <class Function>
struct keyed_event {
    using type = unknown_event;
};
template <class Member, class E>
struct keyed_event<Member E::*> {
    using type = E;
};
template <class Key, class E>
struct keyed_event<Key (*)(E)> {
    using type = std::remove_cvref_t<E>;
};
template <class Key, class E>
struct keyed_event<Key (*)(E) noexcept> {
    using type = std::remove_cvref_t<E>;
};
template <class Call>
struct called_with {
    using type = unknown_event;
};
template <class Function, class Key, class E>
struct called_with<Key (Function::*)(E) const> {
    using type = std::remove_cvref_t<E>;
};
template <class Function, class Key, class E>
struct called_with<Key (Function::*)(E) const noexcept> {
    using type = std::remove_cvref_t<E>;
};
template <class Function>
    requires requires { &Function::operator(); }
struct keyed_event<Function> : called_with<decltype(&Function::operator())> {};

template <class E>
concept keyable = event<E> || std::same_as<E, any_event>;

}  // namespace detail

class order {
public:
    enum class kind : std::uint8_t { unordered, serial, by_key };
    struct plain {
        kind value;
    };

    // Calls overlap, up to max_concurrency. The default.
    static constexpr plain unordered{kind::unordered};
    // One call at a time, in the order in which the events were published.
    static constexpr plain serial{kind::serial};

    constexpr order() noexcept = default;
    constexpr order(plain simple) noexcept : kind_(simple.value) {}  // NOLINT: a value of ours
    explicit order(std::shared_ptr<const detail::key_function> keys) noexcept
        : keys_(std::move(keys)), kind_(kind::by_key) {}

    [[nodiscard]] constexpr kind what() const noexcept { return kind_; }
    [[nodiscard]] constexpr bool operator==(plain simple) const noexcept {
        return kind_ == simple.value;
    }

    // The engine's: null when there is none, or when E is still to say which.
    [[nodiscard]] const detail::key_function* keys() const noexcept { return keys_.get(); }
    void forget_keys() noexcept { keys_.reset(); }
    // by_key() without a function: the event's own key.
    template <class E>
    void complete() {
        if constexpr (detail::has_own_key<E>) {
            if (kind_ == kind::by_key && keys_ == nullptr) {
                keys_ = std::make_shared<detail::key_function_of<E, decltype(make_own<E>())>>(
                    make_own<E>());
            }
        }
    }

private:
    template <class E>
    [[nodiscard]] static constexpr auto make_own() noexcept {
        return E::key;
    }

    std::shared_ptr<const detail::key_function> keys_;
    kind kind_ = kind::unordered;
};

// Events of one key are never handled at the same time, and in the order in which they were
// published; other keys go on meanwhile. The event is named where the function does not tell it:
// by_key<order_placed>([](const auto& order) { return order.id; }).
// A key is anything that can be hashed: numbers, enumerations, texts, types with a std::hash. Two
// keys of one 64-bit hash count as the same, which costs them only that they do not overlap.
template <class E, class Function>
    requires detail::keyable<E>
[[nodiscard]] order by_key(Function function) {
    constexpr bool legal = detail::gives_key<Function, E>;
    static_assert(legal,
                  "stentor: a key function is a pointer to a member of the event, or callable as "
                  "key(const E&) while const, and gives what can be hashed: a number, an "
                  "enumeration, a text, a type with a std::hash");
    if constexpr (legal) {
        return order(std::make_shared<detail::key_function_of<E, Function>>(std::move(function)));
    } else {
        return {};
    }
}

template <class Function>
    requires(!detail::keyable<Function>)
[[nodiscard]] order by_key(Function function) {
    using named = typename detail::keyed_event<Function>::type;
    constexpr bool told = detail::keyable<named>;
    static_assert(told,
                  "stentor: which event is this key function for? Name it, as in "
                  "by_key<order_placed>(function): a generic function, or a member of a base "
                  "class, does not tell");
    if constexpr (told) {
        return by_key<named, Function>(std::move(function));
    } else {
        return {};
    }
}

// The key that the event names itself: `static constexpr auto key = &order_placed::id;`.
[[nodiscard]] inline order by_key() {
    return order(std::shared_ptr<const detail::key_function>());
}

}  // namespace stentor::inline v0
