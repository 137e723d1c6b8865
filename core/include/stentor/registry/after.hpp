// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Whose turn an event is before it is this subscription's.
//
//     {.after = "journal"}
//     {.after = {"journal", "stock"}, .require_success = true}
//
// Threads: values.
namespace stentor::inline v0 {

// Names of subscriptions. For each event, those of them that the event is for end their delivery
// before this subscription's begins; how they end does not matter, unless require_success says so.
// A name that nobody has, or whose subscription does not want the event, holds nothing up.
class after {
public:
    after() noexcept = default;
    after(const char* name) : names_{name} {}             // NOLINT(google-explicit-constructor)
    after(std::string name) : names_{std::move(name)} {}  // NOLINT(google-explicit-constructor)
    after(std::string_view name) : names_{std::string(name)} {}  // NOLINT(*-explicit-constructor)
    after(std::initializer_list<std::string_view> names) : names_(names.begin(), names.end()) {}
    explicit after(std::vector<std::string> names) noexcept : names_(std::move(names)) {}

    [[nodiscard]] bool empty() const noexcept { return names_.empty(); }
    [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

private:
    std::vector<std::string> names_;
};

}  // namespace stentor::inline v0
