// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/codec_traits.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

// Values of described types by chance: edges of ranges are likely, every text is UTF-8, and what
// contains itself ends. One seed always makes the same values.
//
// Threads: one. Progress: allocates.

namespace described {

class random_values {
public:
    explicit random_values(std::uint64_t seed) : random_(seed) {}

    template <class T>
    T next() {
        T value{};
        elements_left_ = depth_ == 0 ? elements_max : elements_left_;
        ++depth_;
        fill(value);
        --depth_;
        return value;
    }

    std::size_t below(std::size_t bound) {
        return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
    }

private:
    template <class T>
    void fill(T& value) {
        namespace is = stentor::detail;
        if constexpr (std::is_same_v<T, bool>) {
            value = below(2) == 0;
        } else if constexpr (is::is_integer<T>) {
            fill_integer(value);
        } else if constexpr (is::is_floating<T>) {
            fill_float(value);
        } else if constexpr (std::is_same_v<T, std::string>) {
            fill_text(value);
        } else if constexpr (is::has_enum_names<T>) {
            const auto names = stentor_names(is::names_tag<T>{}).all;
            value = static_cast<T>(
                static_cast<std::underlying_type_t<T>>(names[below(names.size())].value));
        } else if constexpr (is::is_duration<T>) {
            value = T(next<typename T::rep>());
        } else if constexpr (is::is_moment<T>) {
            fill_moment(value);
        } else if constexpr (is::is_optional<T>) {
            if (below(3) != 0) {
                fill(value.emplace());
            }
        } else if constexpr (is::is_variant<T>) {
            fill_variant(value, std::make_index_sequence<std::variant_size_v<T>>());
        } else if constexpr (is::is_struct<T>) {
            fill_members(value, typename is::description_of<T>::type{});
        } else if constexpr (is::is_map<T>) {
            for (std::size_t left = size(); left > 0; --left) {
                value.insert_or_assign(next<typename T::key_type>(),
                                       next<typename T::mapped_type>());
            }
        } else if constexpr (is::is_array<T>) {
            for (auto& element : value) {
                fill(element);
            }
        } else if constexpr (is::is_list<T>) {
            for (std::size_t left = size(); left > 0; --left) {
                value.push_back(next<typename T::value_type>());
            }
        }  // std::monostate and unknown_fields stay as they are
    }

    template <class T>
    void fill_integer(T& value) {
        using limits = std::numeric_limits<T>;
        const T edges[] = {limits::min(), limits::max(), 0, 1, static_cast<T>(-1)};
        value = below(2) == 0 ? edges[below(std::size(edges))]
                              : static_cast<T>(random_() >> below(sizeof(T) * 8));
    }

    template <class T>
    void fill_float(T& value) {
        using limits = std::numeric_limits<T>;
        const T edges[] = {0,
                           -T{0},
                           1,
                           static_cast<T>(0.1),
                           limits::max(),
                           limits::lowest(),
                           limits::min(),
                           limits::denorm_min(),
                           limits::epsilon(),
                           static_cast<T>(1e22),
                           static_cast<T>(123456789)};
        const double spread = std::ldexp(std::uniform_real_distribution<double>(-1, 1)(random_),
                                         static_cast<int>(below(200)) - 100);
        value = below(2) == 0 ? edges[below(std::size(edges))] : static_cast<T>(spread);
    }

    void fill_text(std::string& text) {
        constexpr std::string_view pieces[] = {"a",
                                               "order.placed",
                                               "\"",
                                               "\\",
                                               "\n",
                                               "\x01",
                                               "\x7f",
                                               "/",
                                               "é",
                                               "\u20ac",
                                               "\U0001F600",
                                               "0",
                                               "{[,:]}",
                                               "name",
                                               "\t ",
                                               "12345678",
                                               "\U0010FFFF\uFFFF",
                                               "\u0800\u07FF"};
        for (std::size_t left = below(below(4) == 0 ? 40 : 4); left > 0; --left) {
            text += pieces[below(std::size(pieces))];
        }
        if (below(20) == 0) {
            text += '\0';
        }
    }

    template <class T>
    void fill_moment(T& value) {
        using duration = typename T::duration;
        // From 1677 to 2262, which nanoseconds can hold.
        constexpr std::int64_t reach = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
        const std::int64_t seconds =
            std::uniform_int_distribution<std::int64_t>(-reach + 1, reach - 1)(random_);
        value = T(std::chrono::duration_cast<duration>(std::chrono::seconds(seconds)));
        if constexpr (duration::period::den > 1) {
            value += duration(static_cast<std::int64_t>(below(duration::period::den)));
        }
    }

    template <class T, std::size_t... Index>
    void fill_variant(T& value, std::index_sequence<Index...>) {
        const std::size_t which = below(sizeof...(Index));
        ((which == Index ? fill(value.template emplace<Index>()) : void()), ...);
    }

    template <class T, stentor::detail::fixed_text Name, class... Field>
    void fill_members(T& value, stentor::detail::field_list<Name, Field...>) {
        (fill(value.*Field::member), ...);
    }

    // Of a list or a map. All those of one value share the bound.
    std::size_t size() {
        const std::size_t chosen = std::min(below(4), elements_left_);
        elements_left_ -= chosen;
        return chosen;
    }

    static constexpr std::size_t elements_max = 30;

    std::mt19937_64 random_;
    std::size_t elements_left_ = 0;
    int depth_ = 0;
};

}  // namespace described
