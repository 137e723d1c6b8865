// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/callback.hpp>
#include <stentor/export.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string_view>

// What a failed attempt was like, and whether another one makes sense.
//
// Threads: values; a classifier is called by whoever ran the attempt, by several at once, and must
// be callable so. Progress: classify() runs the user's function, or throws and catches once.
namespace stentor::inline v0 {

struct codec_error;

// Thrown by a handler that another attempt cannot help: bad data, a rule that forbids it.
class STENTOR_EXPORT permanent_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    permanent_error(const permanent_error&) noexcept = default;
    permanent_error& operator=(const permanent_error&) noexcept = default;
    ~permanent_error() override;
};

// Thrown by a handler that cannot read the bytes of its event: permanent, and the reason of its
// dead letter is decode_error, so that it can be redriven when the codec is mended.
//
//     const auto order = stentor::from_json<order_placed>(event.text());
//     if (!order) {
//         throw stentor::decode_error(order.error());
//     }
class STENTOR_EXPORT decode_error : public permanent_error {
public:
    using permanent_error::permanent_error;
    explicit decode_error(const codec_error& why);
    decode_error(const decode_error&) noexcept = default;
    decode_error& operator=(const decode_error&) noexcept = default;
    ~decode_error() override;
};

// What an attempt has failed with that outlived subscription_options::deadline and did not say how
// it ended.
class STENTOR_EXPORT deadline_exceeded : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
    deadline_exceeded(const deadline_exceeded&) noexcept = default;
    deadline_exceeded& operator=(const deadline_exceeded&) noexcept = default;
    ~deadline_exceeded() override;
};

// One failed attempt. Views, valid during the call.
struct failure {
    std::exception_ptr exception{};       // null when the handler answered instead of throwing
    std::string_view what{};              // the exception's text, or the handler's reason
    std::int32_t attempt = 1;             // the number of the attempt that failed
    std::chrono::nanoseconds duration{};  // of the attempt; zero when it was not timed
    bool timed_out = false;               // it had outlived subscription_options::deadline
};

enum class failure_class : std::uint8_t {
    transient,  // another attempt may succeed
    permanent,  // none will
};

using failure_classifier = callback<failure_class(const failure&)>;

// What the classifier says. Without one, and where it throws: permanent for permanent_error and
// what derives from it, transient for all else, also for what is no std::exception.
[[nodiscard]] STENTOR_EXPORT failure_class classify(const failure_classifier& classifier,
                                                    const failure& what) noexcept;

}  // namespace stentor::inline v0
