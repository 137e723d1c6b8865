// SPDX-License-Identifier: MIT
#include <stentor/base/inline_function.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

using stentor::inline_function;

namespace {

int twice(int value) {
    return 2 * value;
}

// A callable of a chosen size that counts its living copies and knows whether it is aligned.
template <std::size_t Size, std::size_t Alignment = alignof(void*)>
struct alignas(Alignment) sized_callable {
    explicit sized_callable(int& alive) noexcept : alive_(&alive) { ++*alive_; }
    sized_callable(sized_callable&& other) noexcept : alive_(other.alive_) { ++*alive_; }
    sized_callable(const sized_callable&) = delete;
    ~sized_callable() { --*alive_; }

    bool operator()() const { return reinterpret_cast<std::uintptr_t>(this) % Alignment == 0; }

    int* alive_;
    std::array<char, Size - sizeof(int*)> rest{};
};

template <class Callable>
void check_life_of() {
    int alive = 0;
    {
        inline_function<bool()> first{Callable(alive)};
        EXPECT_EQ(alive, 1);
        EXPECT_TRUE(first());
        inline_function<bool()> second(std::move(first));
        EXPECT_EQ(alive, 1);
        EXPECT_TRUE(second());
        EXPECT_EQ(second.template stored<Callable>().alive_, &alive);
        inline_function<bool()> third{Callable(alive)};
        EXPECT_EQ(alive, 2);
        third = std::move(second);
        EXPECT_EQ(alive, 1);
        EXPECT_TRUE(third());
        third = nullptr;
        EXPECT_EQ(alive, 0);
        EXPECT_FALSE(third);
        third = Callable(alive);
        EXPECT_EQ(alive, 1);
    }
    EXPECT_EQ(alive, 0);
}

}  // namespace

TEST(inline_function, calls_functions_and_lambdas) {
    inline_function<int(int)> function(&twice);
    EXPECT_EQ(function(4), 8);
    function = [offset = 3](int value) { return value + offset; };
    EXPECT_EQ(function(4), 7);
    function = twice;
    EXPECT_EQ(function(5), 10);
}

TEST(inline_function, lets_its_callable_change_itself) {
    inline_function<int()> next([count = 0]() mutable { return ++count; });
    EXPECT_EQ(next(), 1);
    EXPECT_EQ(next(), 2);
}

TEST(inline_function, owns_callables_that_only_move) {
    inline_function<int()> function([owned = std::make_unique<int>(6)] { return *owned; });
    inline_function<int()> moved(std::move(function));
    EXPECT_EQ(moved(), 6);
    static_assert(!std::is_copy_constructible_v<inline_function<int()>>);
    static_assert(std::is_nothrow_move_constructible_v<inline_function<int()>>);
    static_assert(std::is_nothrow_move_assignable_v<inline_function<int()>>);
}

TEST(inline_function, keeps_small_callables_inside) {
    check_life_of<sized_callable<16>>();
    check_life_of<sized_callable<48>>();
    check_life_of<sized_callable<48, 16>>();
}

TEST(inline_function, keeps_large_and_over_aligned_callables_on_the_heap) {
    check_life_of<sized_callable<56>>();
    check_life_of<sized_callable<1000>>();
    check_life_of<sized_callable<64, 64>>();
    check_life_of<sized_callable<128, 128>>();
}

TEST(inline_function, moves_without_throwing_what_would_throw_when_moved) {
    struct throws_when_moved {
        throws_when_moved() = default;
        throws_when_moved(throws_when_moved&&) noexcept(false) {}
        int operator()() const { return 11; }
    };
    inline_function<int()> function{throws_when_moved{}};
    inline_function<int()> moved(std::move(function));
    EXPECT_EQ(moved(), 11);
}

TEST(inline_function, is_two_pointers_larger_than_its_capacity) {
    static_assert(sizeof(inline_function<void()>) == 64);
    static_assert(sizeof(inline_function<void(), 16>) == 32);
}

TEST(inline_function, is_empty_when_made_from_nothing) {
    int (*no_function)(int) = nullptr;
    EXPECT_FALSE(inline_function<int(int)>());
    EXPECT_FALSE(inline_function<int(int)>(nullptr));
    EXPECT_FALSE(inline_function<int(int)>(no_function));
    EXPECT_TRUE(inline_function<int(int)>(twice));
}

TEST(inline_function, is_empty_after_it_was_moved_from) {
    inline_function<int(int)> function(twice);
    const inline_function<int(int)> moved(std::move(function));
    EXPECT_TRUE(moved);
    EXPECT_FALSE(function);  // NOLINT(bugprone-use-after-move): that is the promise under test
    function = twice;
    EXPECT_EQ(function(1), 2);
}

TEST(inline_function, survives_assignment_to_itself) {
    inline_function<int(int)> function(twice);
    inline_function<int(int)>& same = function;
    function = std::move(same);
    EXPECT_EQ(function(2), 4);
}

TEST(inline_function, stops_the_process_when_an_empty_one_is_called) {
    inline_function<void()> nothing;
    EXPECT_DEATH(nothing(), "an empty inline_function was called");
}

TEST(inline_function, passes_arguments_without_copies) {
    inline_function<std::string*(std::string&, std::unique_ptr<int>)> function(
        [](std::string& text, std::unique_ptr<int> owned) {
            text += std::to_string(*owned);
            return &text;
        });
    std::string text = "n=";
    EXPECT_EQ(function(text, std::make_unique<int>(4)), &text);
    EXPECT_EQ(text, "n=4");
}

TEST(inline_function, drops_the_return_value_when_void_is_asked_for) {
    int called = 0;
    inline_function<void()> function([&called] { return ++called; });
    function();
    EXPECT_EQ(called, 1);
}

TEST(inline_function, accepts_only_what_can_be_called_so) {
    static_assert(!std::is_constructible_v<inline_function<int(int)>, std::string>);
    static_assert(!std::is_constructible_v<inline_function<int(int)>, int (*)(std::string)>);
    static_assert(!std::is_constructible_v<inline_function<std::string()>, int (*)()>);
    static_assert(std::is_constructible_v<inline_function<long(int)>, int (*)(int)>);
}

TEST(inline_function, is_already_empty_while_its_callable_is_destroyed) {
    struct looks_back {
        explicit looks_back(inline_function<void()>*& where, bool& empty)
            : owner(&where), seen_empty(&empty) {}
        looks_back(looks_back&& other) noexcept
            : owner(std::exchange(other.owner, nullptr)), seen_empty(other.seen_empty) {}
        ~looks_back() {
            if (owner != nullptr && *owner != nullptr) {
                *seen_empty = !**owner;
            }
        }
        void operator()() const {}
        inline_function<void()>** owner;
        bool* seen_empty;
    };
    bool seen_empty = false;
    inline_function<void()>* where = nullptr;
    inline_function<void()> function{looks_back(where, seen_empty)};
    where = &function;
    function.reset();
    EXPECT_TRUE(seen_empty);
}
