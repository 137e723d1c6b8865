// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/assert.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

// A move-only owner of something that can be called. Callables up to Capacity bytes live inside the
// object, so that handing a task over allocates nothing; larger, over-aligned or throwing-to-move
// ones go to the heap. Use it where std::function would be used and copying is not wanted.
//
// Cost: a call is one indirect call, with no check whether there is something to call: an empty one
// points at a function that asserts. sizeof is Capacity + 2 pointers.
//
// Threads: as for any value. Progress: moving and destroying never allocate; moving never throws.

namespace stentor::inline v0 {

template <class Signature, std::size_t Capacity = 48>
class inline_function;

template <class Return, class... Args, std::size_t Capacity>
class inline_function<Return(Args...), Capacity> {
    static_assert(Capacity >= sizeof(void*), "the storage must at least hold a pointer");

    template <class Callable>
    static constexpr bool fits_inside =
        sizeof(Callable) <= Capacity && alignof(Callable) <= alignof(std::max_align_t) &&
        std::is_nothrow_move_constructible_v<Callable>;

    template <class Callable>
    static constexpr bool callable_as =
        std::is_same_v<Return, void> ? std::is_invocable_v<Callable&, Args...>
                                     : std::is_invocable_r_v<Return, Callable&, Args...>;

public:
    inline_function() noexcept = default;
    // NOLINTNEXTLINE(google-explicit-constructor): `= nullptr` means empty, as with std::function
    inline_function(std::nullptr_t) noexcept {}

    template <class Callable>
        requires(!std::is_same_v<std::remove_cvref_t<Callable>, inline_function> &&
                 !std::is_member_pointer_v<std::decay_t<Callable>> &&
                 callable_as<std::decay_t<Callable>>)
    // NOLINTNEXTLINE(google-explicit-constructor): a lambda is passed as it is
    inline_function(Callable&& callable) {
        using target = std::decay_t<Callable>;
        if constexpr (std::is_pointer_v<std::remove_reference_t<Callable>>) {
            if (callable == nullptr) {
                return;
            }
        }
        if constexpr (fits_inside<target>) {
            ::new (storage()) target(std::forward<Callable>(callable));
            invoke_ = &invoke_inside<target>;
            manage_ = &manage_inside<target>;
        } else {
            ::new (storage()) target*(new target(std::forward<Callable>(callable)));
            invoke_ = &invoke_heap<target>;
            manage_ = &manage_heap<target>;
        }
    }

    inline_function(inline_function&& other) noexcept { take(other); }

    inline_function& operator=(inline_function&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }

    inline_function(const inline_function&) = delete;
    inline_function& operator=(const inline_function&) = delete;

    ~inline_function() { reset(); }

    [[nodiscard]] explicit operator bool() const noexcept { return manage_ != nullptr; }

    // Calling an empty one is a broken contract.
    // NOLINTNEXTLINE(performance-unnecessary-value-param): as the signature says
    Return operator()(Args... args) { return invoke_(storage(), std::forward<Args>(args)...); }

    // The callable, which must be of this type.
    template <class Callable>
    [[nodiscard]] Callable& stored() noexcept {
        if constexpr (fits_inside<Callable>) {
            return inside<Callable>(storage());
        } else {
            return *inside<Callable*>(storage());
        }
    }

    // Destroys the callable now. The object is empty before the callable's destructor runs, so that
    // a destructor which comes back here finds nothing.
    void reset() noexcept {
        if (manage_ != nullptr) {
            invoke_ = &invoke_nothing;
            std::exchange(manage_, nullptr)(storage(), nullptr);
        }
    }

private:
    using invoke_type = Return (*)(void*, Args&&...);
    // Moves the callable from the first place into the second, or destroys it when there is no
    // second.
    using manage_type = void (*)(void*, void*) noexcept;

    [[nodiscard]] void* storage() noexcept { return static_cast<void*>(storage_); }

    void take(inline_function& other) noexcept {
        if (other.manage_ != nullptr) {
            other.manage_(other.storage(), storage());
            invoke_ = std::exchange(other.invoke_, &invoke_nothing);
            manage_ = std::exchange(other.manage_, nullptr);
        }
    }

    template <class Target>
    [[nodiscard]] static Target& inside(void* place) noexcept {
        return *std::launder(static_cast<Target*>(place));
    }

    template <class Target>
    static Return invoke_inside(void* place, Args&&... args) {
        if constexpr (std::is_void_v<Return>) {
            static_cast<void>(inside<Target>(place)(std::forward<Args>(args)...));
        } else {
            return inside<Target>(place)(std::forward<Args>(args)...);
        }
    }

    template <class Target>
    static Return invoke_heap(void* place, Args&&... args) {
        if constexpr (std::is_void_v<Return>) {
            static_cast<void>((*inside<Target*>(place))(std::forward<Args>(args)...));
        } else {
            return (*inside<Target*>(place))(std::forward<Args>(args)...);
        }
    }

    [[noreturn]] static Return invoke_nothing(void*, Args&&...) {
        detail::assert_failed("*this", "an empty inline_function was called", __FILE__, __LINE__);
    }

    template <class Target>
    static void manage_inside(void* from, void* into) noexcept {
        Target& target = inside<Target>(from);
        if (into != nullptr) {
            ::new (into) Target(std::move(target));
        }
        std::destroy_at(std::addressof(target));
    }

    template <class Target>
    static void manage_heap(void* from, void* into) noexcept {
        Target* target = inside<Target*>(from);
        if (into != nullptr) {
            ::new (into) Target*(target);
        } else {
            delete target;
        }
    }

    alignas(std::max_align_t) std::byte storage_[Capacity];
    invoke_type invoke_ = &invoke_nothing;
    manage_type manage_ = nullptr;
};

}  // namespace stentor::inline v0
