// SPDX-License-Identifier: MIT
#include <stentor/resilience/failure.hpp>

#include <stentor/event/codec_error.hpp>

namespace stentor::inline v0 {

permanent_error::~permanent_error() = default;
decode_error::decode_error(const codec_error& why) : permanent_error(why.message()) {}
decode_error::~decode_error() = default;
deadline_exceeded::~deadline_exceeded() = default;

namespace {

failure_class by_type(const std::exception_ptr& exception) noexcept {
#if defined(__cpp_exceptions)
    if (exception == nullptr) {
        return failure_class::transient;
    }
    try {
        std::rethrow_exception(exception);
    } catch (const permanent_error&) {
        return failure_class::permanent;
    } catch (...) {
        return failure_class::transient;
    }
#else
    static_cast<void>(exception);
    return failure_class::transient;
#endif
}

}  // namespace

failure_class classify(const failure_classifier& classifier, const failure& what) noexcept {
    if (!classifier) {
        return by_type(what.exception);
    }
#if defined(__cpp_exceptions)
    try {
        return classifier(what);
    } catch (...) {
        return by_type(what.exception);
    }
#else
    return classifier(what);
#endif
}

}  // namespace stentor::inline v0
