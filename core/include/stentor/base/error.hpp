// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// Why something could not be set up: a code to branch on and a message for a person, which says
// what is wrong, where, and what to do. Factories return result<T, error>; constructors cannot, and
// raise. Publishing never makes an error: its refusals are enumerators of publish_result.
//
// Threads: values, share as any other value. Progress: building a message allocates.

namespace stentor::inline v0 {

enum class errc {
    invalid_topic,            // the text does not follow the grammar of topics
    invalid_pattern,          // the text does not follow the grammar of patterns
    invalid_name,             // a name is empty, too long or has a character that is not allowed
    duplicate_name,           // the name is taken by a living subscription
    invalid_option,           // one option has a value outside its range
    unsupported_combination,  // two options exclude each other
    type_mismatch,            // the topic is used with another type
    closed,                   // the bus is draining or gone
    no_memory,                // an allocation failed
    no_threads,               // the system refused to start a thread
    not_found,                // nothing has that name
    invalid_id,               // the text is not a UUID
    busy,                     // another thread is changing the same thing
    hook_failed,              // a hook of a subscription threw
};

// The enumerator's name; "unknown" for a value that is none.
[[nodiscard]] STENTOR_EXPORT std::string_view to_string(errc code) noexcept;

class error {
public:
    error(errc code, std::string message) noexcept : message_(std::move(message)), code_(code) {}
    // When there is none left for a longer message: this one needs none.
    [[nodiscard]] static error out_of_memory() noexcept {
        return {errc::no_memory, "out of memory"};
    }

    [[nodiscard]] errc code() const noexcept { return code_; }
    [[nodiscard]] const std::string& message() const noexcept { return message_; }

private:
    std::string message_;
    errc code_;
};

// An error as an exception, for constructors. what() is the message. Copies cannot throw.
class STENTOR_EXPORT bus_error : public std::runtime_error {
public:
    explicit bus_error(error details);
    bus_error(const bus_error&) noexcept = default;
    bus_error& operator=(const bus_error&) noexcept = default;
    ~bus_error() override;

    [[nodiscard]] const error& details() const noexcept { return *details_; }

private:
    std::shared_ptr<const error> details_;
};

// Throws bus_error. In a library that was compiled without exceptions: prints the message and
// aborts.
[[noreturn]] STENTOR_EXPORT void raise(error details);

}  // namespace stentor::inline v0
