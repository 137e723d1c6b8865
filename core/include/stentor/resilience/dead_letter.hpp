// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/event_id.hpp>
#include <stentor/event/fields.hpp>
#include <stentor/export.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A dead letter: a delivery that nobody will attempt again by itself, with all that a person needs
// to understand it and a program to try it once more.
//
// Ownership: it owns everything, but shares an opaque payload with its copies.
// Threads: a value, share as any other. Progress: copying allocates.
namespace stentor::inline v0 {

struct event_type;

enum class dead_letter_reason : std::uint8_t {
    exhausted,       // every attempt that the retry policy allows has failed
    rejected,        // the handler said that no attempt can help
    expired,         // the event was not handled by its time
    decode_error,    // the bytes could not become the event
    retry_capacity,  // it had to wait for its next attempt, and there was no room to wait
    held_by_key,     // an earlier event of its key is a dead letter, and the order must be kept
};
STENTOR_ENUM(dead_letter_reason, exhausted, rejected, expired, decode_error, retry_capacity,
             held_by_key);

// The enumerator's name; "unknown" for a value that is none.
[[nodiscard]] STENTOR_EXPORT std::string_view to_string(dead_letter_reason reason) noexcept;

struct dead_letter_header {
    std::string name{};
    std::string value{};
    friend bool operator==(const dead_letter_header&, const dead_letter_header&) = default;
};

// A failed attempt.
struct dead_letter_attempt {
    std::int32_t number = 1;  // 1 for the first attempt of all; goes on through redrives
    std::chrono::system_clock::time_point at{};  // when it began
    std::chrono::nanoseconds duration{};
    std::vector<std::string> errors{};  // texts, the outermost first, then what caused it
    friend bool operator==(const dead_letter_attempt&, const dead_letter_attempt&) = default;
};

// Added by a person or a program after the letter was stored.
struct dead_letter_note {
    std::string key{};
    std::string value{};
    friend bool operator==(const dead_letter_note&, const dead_letter_note&) = default;
};

// Keeps an event as it is, in memory. Whoever makes the letter derives from it.
// Threads: all functions by any number at once; the last owner, any thread, destroys it.
class STENTOR_EXPORT dead_letter_object {
public:
    dead_letter_object() = default;
    dead_letter_object(const dead_letter_object&) = delete;
    dead_letter_object& operator=(const dead_letter_object&) = delete;
    virtual ~dead_letter_object();

    // What it occupies, for bounded stores. Must not change.
    [[nodiscard]] virtual std::size_t bytes() const noexcept = 0;
    // The event, for a redrive. Null: it cannot be redriven. Must not change.
    [[nodiscard]] virtual const event_type* type() const noexcept;
    [[nodiscard]] virtual const void* object() const noexcept;
};

enum class dead_letter_content : std::uint8_t {
    json,    // `bytes` are application/json
    cbor,    // application/cbor
    binary,  // application/octet-stream
    object,  // `object` has the event, or none: it was left behind by an export
};
STENTOR_ENUM(dead_letter_content, json, cbor, binary, object);

// The media type; empty for an object.
[[nodiscard]] STENTOR_EXPORT std::string_view media_type(dead_letter_content content) noexcept;

struct dead_letter_payload {
    dead_letter_content content = dead_letter_content::binary;
    std::string bytes{};  // any bytes; empty for an object
    std::shared_ptr<const dead_letter_object> object{};

    // The letter says what happened, but there is no event left to redrive.
    [[nodiscard]] bool missing() const noexcept {
        return content == dead_letter_content::object && object == nullptr;
    }
    friend bool operator==(const dead_letter_payload&, const dead_letter_payload&) = default;
};

inline constexpr std::size_t first_attempts_kept = 3;
inline constexpr std::size_t last_attempts_kept = 17;

struct dead_letter {
    std::uint64_t number = 0;  // the store's, from 1; 0 before it is stored

    event_id id{};
    std::string topic{};
    std::string type_name{};  // empty when it is not known
    std::string key{};
    std::string correlation_id{};
    std::optional<event_id> causation_id{};
    std::chrono::system_clock::time_point published{};
    std::int32_t depth = 0;
    std::string user_id{};
    std::string source{};
    std::string traceparent{};
    std::string tracestate{};
    std::optional<std::chrono::system_clock::time_point> expires_at{};
    std::uint32_t schema_version = 1;
    std::vector<dead_letter_header> headers{};
    dead_letter_payload payload{};

    std::string subscription{};
    dead_letter_reason reason = dead_letter_reason::exhausted;
    std::vector<dead_letter_attempt> attempts{};  // the first 3 and the last 17, see add_attempt()
    std::uint64_t attempts_total = 0;
    std::uint64_t fingerprint = 0;  // set by the store, see fingerprint_of()
    std::chrono::system_clock::time_point first_failed{};
    std::chrono::system_clock::time_point last_failed{};
    std::uint64_t redrives = 0;  // how often it was tried again and came back
    std::vector<dead_letter_note> notes{};

    friend bool operator==(const dead_letter&, const dead_letter&) = default;
};

// Appends, leaves out what is in the middle, and counts. Sets first_failed and last_failed to the
// end of the attempt: first_failed only when there was no attempt before.
STENTOR_EXPORT void add_attempt(dead_letter& letter, dead_letter_attempt attempt);

// The text of the last attempt, the outermost of its chain; empty when there is none.
[[nodiscard]] STENTOR_EXPORT std::string_view last_error(const dead_letter& letter) noexcept;

// The text without what differs from one failure to the next: UUIDs, and words of hexadecimal
// digits and numbers, become `#`: "order 4711 not found" -> "order # not found".
[[nodiscard]] STENTOR_EXPORT std::string normalised_error(std::string_view text);

// The same for letters that failed alike: of subscription, topic, reason and the normalised last
// error. 64-bit FNV-1a, the same in every process and version of 0.x.
[[nodiscard]] STENTOR_EXPORT std::uint64_t fingerprint_of(const dead_letter& letter);

// What the letter occupies with everything it owns and the object it shares, roughly.
[[nodiscard]] STENTOR_EXPORT std::size_t memory_of(const dead_letter& letter) noexcept;

}  // namespace stentor::inline v0
