// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/any_event.hpp>
#include <stentor/event/event_type.hpp>
#include <stentor/event/slot.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

// The key of an event, for order::by_key: how a user's key function is kept without its type, and
// the hash by which the engine knows a key. Engine internals, in a public header because key
// functions are compiled against it. A key function is called by one runner at a time per
// subscription; hashing is pure.
namespace stentor::inline v0::detail {

// The engine knows a key by its hash. Two values are its own: an entry that needs no key, and one
// whose key function threw.
inline constexpr std::uint64_t key_free = ~std::uint64_t{0};
inline constexpr std::uint64_t key_failed = key_free - 1;

// Every bit of the input decides about every bit of the result: std::hash of a number is mostly the
// number itself.
[[nodiscard]] constexpr std::uint64_t spread(std::uint64_t bits) noexcept {
    bits += 0x9e3779b97f4a7c15U;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
    bits ^= bits >> 31;
    return bits < key_failed ? bits : bits - 2;
}

template <class Key>
concept text_key = std::convertible_to<const Key&, std::string_view>;

template <class Key>
concept hashed_key = requires(const Key& key) {
    { std::hash<Key>{}(key) } -> std::convertible_to<std::size_t>;
};

template <class Key>
concept key_value =
    std::is_integral_v<Key> || std::is_enum_v<Key> || text_key<Key> || hashed_key<Key>;

template <key_value Key>
[[nodiscard]] std::uint64_t key_of(const Key& key) {
    if constexpr (std::is_integral_v<Key> || std::is_enum_v<Key>) {
        return spread(static_cast<std::uint64_t>(key));
    } else if constexpr (text_key<Key>) {
        return spread(std::hash<std::string_view>{}(std::string_view(key)));
    } else {
        return spread(std::hash<Key>{}(key));
    }
}

// A run of slots whose keys are wanted. The compiled loop advances `index`; after an exception the
// engine reads there which event failed, and goes on behind it.
struct key_batch {
    const std::byte* slots = nullptr;
    std::size_t stride = 0;
    std::size_t index = 0;
    std::size_t end = 0;
    std::uint64_t* keys = nullptr;
    const std::atomic<bool>* closed = nullptr;  // the subscription's, looked at before every call
};

// A user's key function without its type.
class key_function {
public:
    explicit key_function(const event_type* of) noexcept : type(of) {}
    key_function(const key_function&) = delete;
    key_function& operator=(const key_function&) = delete;
    virtual ~key_function() = default;

    // Stops when the subscription is closed: such events need no key.
    virtual void read(key_batch& batch) const = 0;

    const event_type* const type;  // null: any_event
};

// Any of a data member, a member function and a function object, called with an event.
template <class Function, class Event>
[[nodiscard]] decltype(auto) key_in(const Function& function, const Event& event) {
    if constexpr (std::is_member_object_pointer_v<Function>) {
        return (event.*function);
    } else if constexpr (std::is_member_function_pointer_v<Function>) {
        return (event.*function)();
    } else {
        return function(event);
    }
}

template <class E>
[[nodiscard]] constexpr const event_type* type_of_keyed() noexcept {
    if constexpr (std::same_as<E, any_event>) {
        return nullptr;
    } else {
        return &event_type_of<E>;
    }
}

template <class E, class Function>
class key_function_of final : public key_function {
public:
    explicit key_function_of(Function function)
        : key_function(type_of_keyed<E>()), function_(std::move(function)) {}

    void read(key_batch& batch) const override {
        for (; batch.index < batch.end && !batch.closed->load(std::memory_order_relaxed);
             ++batch.index) {
            const auto* slot = batch.slots + batch.index * batch.stride;
            if constexpr (std::same_as<E, any_event>) {
                batch.keys[batch.index] = key_of(key_in(function_, any_event(slot)));
            } else {
                batch.keys[batch.index] = key_of(key_in(function_, payload_of<E>(slot)));
            }
        }
    }

private:
    Function function_;
};

template <class Function, class E>
concept gives_key = requires(const Function& function, const E& event) {
    requires key_value<std::remove_cvref_t<decltype(key_in(function, event))>>;
};

// `static constexpr auto key = &E::member`. A data member that happens to be called key is none.
template <class E>
concept has_own_key = requires {
    requires std::is_pointer_v<decltype(&E::key)>;
} && std::is_member_pointer_v<std::remove_cv_t<std::remove_pointer_t<decltype(&E::key)>>>;

}  // namespace stentor::inline v0::detail
