// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/fields.hpp>
#include <stentor/event/violation.hpp>
#include <stentor/export.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

// Goes through a described object and looks at its texts, and at what is missing. It knows the
// kinds of members by what they can do, so that it needs none of their headers; what it does not
// know it passes over. The description stands in the header of the type.
//
// Threads: one object, one thread. Progress: as deep as the object; allocates for violations only.
namespace stentor::inline v0::detail {

class STENTOR_EXPORT field_walk {
public:
    struct rules {
        bool utf8 = false;
        std::span<const std::string> required{};
    };

    field_walk(violations& found, const rules& what) noexcept : found_(found), what_(what) {}

    void text(std::string_view value) noexcept;
    void key(std::string_view value) noexcept;
    // What stands here is not there: an empty text, list or map, an optional without a value.
    void nothing() noexcept;
    void add_bytes(std::size_t bytes) noexcept { bytes_ += bytes; }

    [[nodiscard]] violations& found() noexcept { return found_; }
    // Of texts and elements.
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

private:
    violations& found_;
    const rules& what_;
    std::size_t bytes_ = 0;
};

template <class T>
concept walked_text = std::is_class_v<T> && std::is_convertible_v<const T&, std::string_view>;
template <class T>
concept walked_struct = std::is_class_v<T> && (described_inside<T> || described_beside<T>);
template <class T>
concept walked_optional = std::is_class_v<T> && requires(const T& value) {
    { value.has_value() } -> std::convertible_to<bool>;
    *value;
};
template <class T>
concept walked_variant = std::is_class_v<T> && requires(const T& value) {
    { value.valueless_by_exception() } -> std::convertible_to<bool>;
    value.index();
};
template <class T>
concept walked_range = std::is_class_v<T> && requires(const T& value) {
    typename T::value_type;
    value.begin() == value.end();
};
template <class T>
concept walked_map = walked_range<T> && requires {
    typename T::key_type;
    typename T::mapped_type;
};
template <class T>
concept walked = walked_text<T> || walked_struct<T> || walked_optional<T> || walked_variant<T> ||
                 walked_range<T>;

template <class T>
void walk_value(field_walk& walk, const T& value);

template <class T, class Field>
void walk_member(field_walk& walk, const T& object) {
    using member = std::remove_cvref_t<decltype(object.*Field::member)>;
    if constexpr (walked<member>) {
        const auto here = walk.found().in(Field::name);
        walk_value(walk, object.*Field::member);
    }
}

template <class T, class List>
struct walked_members;
template <class T, fixed_text TypeName, class... Field>
struct walked_members<T, field_list<TypeName, Field...>> {
    static void walk([[maybe_unused]] field_walk& walk, [[maybe_unused]] const T& object) {
        (walk_member<T, Field>(walk, object), ...);
    }
    static bool knows(std::string_view path);
};

struct walk_alternative {
    field_walk& walk;
    template <class T>
    void operator()(const T& value) const {
        walk_value(walk, value);
    }
};

template <class Map>
void walk_entries(field_walk& walk, const Map& map) {
    for (const auto& [key, value] : map) {
        using key_type = std::remove_cvref_t<decltype(key)>;
        if constexpr (walked_text<key_type>) {
            const auto here = walk.found().at_key(key);
            walk.key(key);
            walk_value(walk, value);
        } else if constexpr (std::is_integral_v<key_type> || std::is_enum_v<key_type>) {
            const auto here = walk.found().at(static_cast<std::size_t>(key));
            walk_value(walk, value);
        } else {
            const auto here = walk.found().at_key({});
            walk_value(walk, value);
        }
    }
}

template <class List>
void walk_elements(field_walk& walk, const List& list) {
    std::size_t index = 0;
    for (const auto& element : list) {
        const auto here = walk.found().at(index++);
        walk_value(walk, element);
    }
}

template <class Range>
void walk_range(field_walk& walk, const Range& range) {
    using element = typename Range::value_type;
    if (range.begin() == range.end()) {
        walk.nothing();
        return;
    }
    std::size_t count = 0;
    for (auto one = range.begin(); one != range.end(); ++one) {
        ++count;
    }
    walk.add_bytes(count * sizeof(element));
    if constexpr (walked_map<Range>) {
        walk_entries(walk, range);
    } else if constexpr (walked<element>) {
        walk_elements(walk, range);
    }
}

template <class T>
void walk_value(field_walk& walk, const T& value) {
    if constexpr (walked_text<T>) {
        walk.text(value);
    } else if constexpr (walked_struct<T>) {
        walked_members<T, typename description_of<T>::type>::walk(walk, value);
    } else if constexpr (walked_optional<T>) {
        if (value.has_value()) {
            walk_value(walk, *value);
        } else {
            walk.nothing();
        }
    } else if constexpr (walked_variant<T>) {
        if (!value.valueless_by_exception()) {
            visit(walk_alternative{walk}, value);  // std::visit, by its argument
        }
    } else if constexpr (walked_range<T>) {
        walk_range(walk, value);
    }
}

// Whether a required path, `lines[].name`, means a member of the type.
template <class T>
[[nodiscard]] bool knows_path(std::string_view path) {
    if constexpr (walked_text<T>) {
        return path.empty();
    } else if constexpr (walked_struct<T>) {
        return path.empty() || walked_members<T, typename description_of<T>::type>::knows(path);
    } else if constexpr (walked_optional<T>) {
        return knows_path<std::remove_cvref_t<decltype(*std::declval<const T&>())>>(path);
    } else if constexpr (walked_map<T>) {
        return path.empty() ||
               (path.starts_with("[]") && knows_path<typename T::mapped_type>(path.substr(2)));
    } else if constexpr (walked_range<T>) {
        return path.empty() ||
               (path.starts_with("[]") && knows_path<typename T::value_type>(path.substr(2)));
    } else {
        return path.empty() || walked_variant<T>;
    }
}

template <class T, class Field>
[[nodiscard]] bool member_knows(std::string_view path) {
    using member = std::remove_cvref_t<decltype(std::declval<const T&>().*Field::member)>;
    if (!path.starts_with(Field::name)) {
        return false;
    }
    path.remove_prefix(Field::name.size());
    if (path.starts_with('.')) {
        return path.size() > 1 && knows_path<member>(path.substr(1));
    }
    return (path.empty() || path.starts_with('[')) && knows_path<member>(path);
}

template <class T, fixed_text TypeName, class... Field>
bool walked_members<T, field_list<TypeName, Field...>>::knows(
    [[maybe_unused]] std::string_view path) {
    if (path.starts_with('.')) {  // behind an element
        path.remove_prefix(1);
    }
    return (member_knows<T, Field>(path) || ...);
}

template <class E>
void walk_event(const void* event, field_walk& walk) {
    walk_value(walk, *static_cast<const E*>(event));
}

}  // namespace stentor::inline v0::detail
