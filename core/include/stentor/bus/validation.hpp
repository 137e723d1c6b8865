// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/inline_function.hpp>
#include <stentor/event/event_type.hpp>
#include <stentor/event/violation.hpp>
#include <stentor/export.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Rules about what may be published, see bus::validate.
namespace stentor::inline v0 {

class pattern;

namespace detail {
class engine;
class validation_record;
}  // namespace detail

// What violations lead to.
enum class validation_mode : std::uint8_t {
    enforce,  // the publish answers rejected_invalid, and nobody gets the event
    warn,     // the event is published; one record goes to log_sink::on_invalid
    off,      // nobody looks
};

[[nodiscard]] STENTOR_EXPORT std::string_view to_string(validation_mode mode) noexcept;

// What a rule looks at beside its function, and how strict it is.
struct validation_policy {
    validation_mode mode = validation_mode::enforce;  // of all that the rule itself finds
    // Of an event's bytes: those of an untyped one's text; of a typed one the size of its type and,
    // where it is described (STENTOR_FIELDS), the bytes of its texts and the elements of its lists
    // and maps. 0: no limit.
    std::int64_t size_max = 0;
    // Texts are UTF-8: those of described types, the text of untyped events.
    bool utf8 = false;
    // Fields that must hold something, as `id`, `customer.name`, `lines[].name`: an optional has a
    // value, a text, list or map is not empty. For rules of one described type.
    std::vector<std::string> required{};
    // The mode of what the types' own validate() finds on these topics. Of several rules that say
    // so the latest counts; nothing: enforce.
    std::optional<validation_mode> declared{};
};

// An event before it is published, for rules of a pattern. A view, valid during the call.
class candidate {
public:
    // `type` and `object` are null for an untyped event.
    candidate(std::string_view topic, const event_type* type, const void* object,
              std::string_view text) noexcept
        : topic_(topic), type_(type), object_(object), text_(text) {}

    [[nodiscard]] std::string_view topic() const noexcept { return topic_; }
    [[nodiscard]] const event_type* type() const noexcept { return type_; }
    // Null when the event is of another type, or untyped.
    template <event E>
    [[nodiscard]] const E* as() const noexcept {
        return type_ != nullptr && same_type(*type_, event_type_of<E>)
                   ? static_cast<const E*>(object_)
                   : nullptr;
    }
    // The text of an event without a C++ type; else empty.
    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    // For the engine.
    [[nodiscard]] const void* object() const noexcept { return object_; }

private:
    std::string_view topic_;
    const event_type* type_;
    const void* object_;
    std::string_view text_;
};

// The function of a rule. Called by publishers, any number of them at once, before the event has an
// id; must not block. What it throws makes the event invalid.
template <class E>
using validator = inline_function<void(const E&, violations&)>;

// A rule that is in force. Move-only; when it goes out of scope the rule is gone. bus::keep() gives
// it the bus's life instead. Thread-safe but for concurrent use of one handle object. It may
// outlive the bus.
class STENTOR_EXPORT validation {
public:
    validation() noexcept;
    validation(std::shared_ptr<detail::validation_record> record,
               std::weak_ptr<detail::engine> of) noexcept;
    validation(validation&&) noexcept;
    validation& operator=(validation&&) noexcept;
    ~validation();

    // A barrier: waits for the calls of its function that are running, then destroys the function.
    // Inside a validator it does not wait: the last call destroys it.
    void remove() noexcept;
    [[nodiscard]] bool active() const noexcept;

private:
    std::shared_ptr<detail::validation_record> record_;
    std::weak_ptr<detail::engine> of_;
};

namespace detail {

// Of a rule of any kind. Has room for a validator of a type, so that making one of it needs no
// memory.
using rule_function = inline_function<void(const candidate&, violations&), 80>;
static_assert(sizeof(validator<candidate>) <= 80);

// A rule as bus::validate gives it to the engine. Of `type` and `topics` one is null.
struct wanted_rule {
    const event_type* type = nullptr;
    const pattern* topics = nullptr;
    rule_function function{};
    validation_policy policy{};
    bool (*knows)(std::string_view required) = nullptr;  // of a type
};

}  // namespace detail
}  // namespace stentor::inline v0
