// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/fields.hpp>
#include <stentor/event/unknown_fields.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

// Types with a description, which between them have a member of every kind that a codec takes.

namespace described {

enum class colour { red, green, blue };
STENTOR_ENUM(colour, red, green, blue);

// With values of its own, not all of which are named.
enum class weight : std::uint64_t { light = 7, heavy = 0xFFFF'FFFF'FFFF'FFFFU, unnamed = 8 };
STENTOR_ENUM(weight, light, heavy);

struct empty {
    bool operator==(const empty&) const = default;
    STENTOR_FIELDS(empty);
};

struct numbers {
    std::int8_t i8 = 0;
    std::uint8_t u8 = 0;
    std::int16_t i16 = 0;
    std::uint16_t u16 = 0;
    std::int32_t i32 = 0;
    std::uint32_t u32 = 0;
    std::int64_t i64 = 0;
    std::uint64_t u64 = 0;
    long long longest = 0;
    unsigned long natural = 0;
    float single = 0;
    double real = 0;
    bool truth = false;
    bool operator==(const numbers&) const = default;
};
STENTOR_FIELDS(numbers, i8, u8, i16, u16, i32, u32, i64, u64, longest, natural, single, real,
               truth);

struct texts {
    std::string plain;
    std::vector<std::string> many;
    colour paint = colour::red;
    weight load = weight::light;
    bool operator==(const texts&) const = default;
    STENTOR_FIELDS(texts, plain, many, paint, load);
};

template <class Duration>
using moment = std::chrono::time_point<std::chrono::system_clock, Duration>;

struct times {
    std::chrono::nanoseconds ns{};
    std::chrono::duration<double> real{};
    std::chrono::duration<std::int16_t, std::ratio<60>> minutes{};
    std::chrono::system_clock::time_point when{};
    moment<std::chrono::milliseconds> ms{};
    moment<std::chrono::seconds> second{};
    moment<std::chrono::duration<std::int64_t, std::ratio<3600>>> hour{};
    bool operator==(const times&) const = default;
    STENTOR_FIELDS(times, ns, real, minutes, when, ms, second, hour);
};

struct lists {
    std::vector<int> numbers;
    std::vector<bool> bits;
    std::list<std::vector<double>> nested;
    std::array<std::uint8_t, 3> three{};
    std::array<texts, 2> two{};
    std::vector<std::optional<int>> holes;
    bool operator==(const lists&) const = default;
    STENTOR_FIELDS(lists, numbers, bits, nested, three, two, holes);
};

struct maps {
    std::map<std::string, int> by_text;
    std::map<int, std::string> by_number;
    std::map<std::uint64_t, bool> by_natural;
    std::map<colour, std::vector<std::string>> by_enum;
    std::unordered_map<std::string, empty> hashed;
    bool operator==(const maps&) const = default;
    STENTOR_FIELDS(maps, by_text, by_number, by_natural, by_enum, hashed);
};

struct optionals {
    std::optional<bool> truth;
    std::optional<std::string> text;
    std::optional<numbers> inner;
    std::optional<std::vector<int>> list;
    int last = 0;
    bool operator==(const optionals&) const = default;
    STENTOR_FIELDS(optionals, truth, text, inner, list, last);
};

struct card {
    std::string number;
    bool operator==(const card&) const = default;
};
STENTOR_FIELDS(described::card, number);

struct variants {
    std::variant<std::monostate, bool, std::int64_t, std::string, std::vector<int>, card, empty>
        any;
    std::variant<card, texts> structs;
    std::variant<double> single;
    std::vector<std::variant<colour, card>> many;
    bool operator==(const variants&) const = default;
    STENTOR_FIELDS(variants, any, structs, single, many);
};

struct tree {
    std::string name;
    std::vector<tree> children;
    std::map<std::string, tree> named;
    bool operator==(const tree&) const = default;
    STENTOR_FIELDS(tree, name, children, named);
};

template <class T>
struct box {
    T value{};
    bool operator==(const box&) const = default;
    STENTOR_FIELDS(box, value);
};

// Everything at once, some of it private; and it keeps what it does not know.
class whole {
public:
    bool operator==(const whole&) const = default;
    STENTOR_FIELDS(whole, number, text, time, list, map, optional, variant, root, boxed, others);

    numbers number;
    texts text;
    times time;
    lists list;
    stentor::unknown_fields others;

private:
    maps map;
    optionals optional;
    variants variant;
    tree root;
    box<std::vector<box<int>>> boxed;
};

// Knows nothing and keeps everything.
struct anything {
    stentor::unknown_fields others;
    bool operator==(const anything&) const = default;
    STENTOR_FIELDS(anything, others);
};

}  // namespace described
