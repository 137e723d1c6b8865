// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/pattern.hpp>
#include <stentor/export.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

// Which subscriptions a call of the registry means: one by its name, several by a pattern over
// names, or all that carry a tag.
//
// Threads: values.
namespace stentor::inline v0 {

class tag {
public:
    explicit tag(std::string_view text) : text_(text) {}
    [[nodiscard]] std::string_view view() const noexcept { return text_; }

private:
    std::string text_;
};

class STENTOR_EXPORT selector {
public:
    enum class kind : std::uint8_t { name, pattern, tag };

    // Implicit, because registry::disable("mail") is how it is used.
    selector(std::string_view name) : text_(name) {}    // NOLINT(google-explicit-constructor)
    selector(const std::string& name) : text_(name) {}  // NOLINT(google-explicit-constructor)
    selector(const char* name) : selector(std::string_view(name)) {}  // NOLINT
    selector(const stentor::pattern& names)  // NOLINT(google-explicit-constructor)
        : text_(names.view()), kind_(kind::pattern) {}
    selector(const stentor::tag& label)  // NOLINT(google-explicit-constructor)
        : text_(label.view()), kind_(kind::tag) {}

    [[nodiscard]] kind by() const noexcept { return kind_; }
    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    // For messages: `the name "mail"`.
    [[nodiscard]] std::string describe() const;

private:
    std::string text_;
    kind kind_ = kind::name;
};

// What becomes of the deliveries of a disabled subscription.
enum class backlog : std::uint8_t {
    hold,  // they wait, with their place and their credits; enable() delivers them
    drop,  // they end as dropped{disabled}: what is queued, and what comes while it is disabled.
           // Coroutines have begun, so they are held
};

}  // namespace stentor::inline v0
