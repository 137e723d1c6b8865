// SPDX-License-Identifier: MIT
#include <stentor/resilience/failure.hpp>

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>

using stentor::classify;
using stentor::failure;
using stentor::failure_class;
using stentor::failure_classifier;

namespace {

TEST(failure, is_transient_without_an_exception) {
    EXPECT_EQ(classify({}, {.what = "busy"}), failure_class::transient);
}

#if defined(__cpp_exceptions)

template <class Thrown>
failure thrown(Thrown what) {
    return {.exception = std::make_exception_ptr(std::move(what)), .attempt = 2};
}

struct bad_address : stentor::permanent_error {
    bad_address() : permanent_error("no such street") {}
};

TEST(failure, is_permanent_when_the_handler_says_so) {
    EXPECT_EQ(classify({}, thrown(stentor::permanent_error("never"))), failure_class::permanent);
    EXPECT_EQ(classify({}, thrown(bad_address())), failure_class::permanent);
}

TEST(failure, is_transient_for_all_else) {
    EXPECT_EQ(classify({}, thrown(std::runtime_error("later"))), failure_class::transient);
    EXPECT_EQ(classify({}, thrown(42)), failure_class::transient);
}

TEST(failure, is_what_the_classifier_says) {
    const failure_classifier by_attempt = [](const failure& what) {
        return what.attempt > 1 ? failure_class::permanent : failure_class::transient;
    };
    EXPECT_EQ(classify(by_attempt, {.attempt = 1}), failure_class::transient);
    EXPECT_EQ(classify(by_attempt, {.attempt = 2}), failure_class::permanent);
    EXPECT_EQ(classify(by_attempt, thrown(std::runtime_error("later"))), failure_class::permanent);
}

TEST(failure, is_judged_by_its_type_when_the_classifier_throws) {
    const failure_classifier broken = [](const failure&) -> failure_class {
        throw std::logic_error("broken");
    };
    EXPECT_EQ(classify(broken, thrown(bad_address())), failure_class::permanent);
    EXPECT_EQ(classify(broken, thrown(std::runtime_error("later"))), failure_class::transient);
}

TEST(permanent_error, keeps_its_text) {
    const stentor::permanent_error what("no such customer");
    const auto copy = what;  // NOLINT(performance-unnecessary-copy-initialization): is the subject
    EXPECT_EQ(std::string(copy.what()), "no such customer");
}

#endif

}  // namespace
