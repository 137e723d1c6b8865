// SPDX-License-Identifier: MIT
#include "support/throwers.hpp"

#include <exception>
#include <new>
#include <stdexcept>
#include <string>

namespace stentor_test {

namespace {

struct speechless : std::exception {
    [[nodiscard]] const char* what() const noexcept override { return nullptr; }
};

// A stranger with a what() of its own that throws. One that derives from std::exception cannot: its
// what() is noexcept, so the language ends the process there.
struct stranger {
    [[nodiscard]] const char* what() const { throw 1; }
};

struct base_of_two : std::runtime_error {
    using std::runtime_error::runtime_error;
};
struct left_side : base_of_two {
    left_side() : base_of_two("left") {}
};
struct right_side : base_of_two {
    right_side() : base_of_two("right") {}
};
// Two std::exceptions in one: neither can be caught as such, because the base is ambiguous.
struct ambiguous : left_side, right_side {};

void nested() {
    try {
        try {
            throw std::out_of_range("row 7 of 3");
        } catch (...) {
            std::throw_with_nested(std::runtime_error("cannot read the table"));
        }
    } catch (...) {
        std::throw_with_nested(std::logic_error("cannot make the report"));
    }
}

void nested_stranger() {
    try {
        throw 7;
    } catch (...) {
        std::throw_with_nested(std::runtime_error("the library gave up"));
    }
}

}  // namespace

const std::vector<thrower>& throwers() {
    static const std::vector<thrower> all = {
        {"runtime_error", [] { throw std::runtime_error("smtp is down"); }, "smtp is down"},
        {"int", [] { throw 42; }, "not a std::exception"},
        {"literal", [] { throw "a literal"; }, "a literal"},
        {"null_literal", [] { throw static_cast<const char*>(nullptr); }, "null"},
        {"string", [] { throw std::string("a string"); }, "a string"},
        {"bad_alloc", [] { throw std::bad_alloc(); }, "bad_alloc"},
        {"nested", nested, "cannot make the report: cannot read the table: row 7 of 3"},
        {"nested_stranger", nested_stranger, "the library gave up: (not a std::exception)"},
        {"speechless", [] { throw speechless(); }, "null"},
        {"stranger", [] { throw stranger(); }, "not a std::exception"},
        {"ambiguous", [] { throw ambiguous(); }, "not a std::exception"},
    };
    return all;
}

}  // namespace stentor_test
