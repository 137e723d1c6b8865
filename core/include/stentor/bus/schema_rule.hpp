// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/bus/validation.hpp>
#include <stentor/event/json_schema.hpp>

#include <utility>

// A JSON Schema as a rule for untyped events:
//
//     bus.keep(bus.validate(stentor::pattern("github.push"), stentor::schema_rule(schema)));
//
// Threads and progress: those of json_schema.
namespace stentor::inline v0 {

// Typed events of the pattern are not looked at: they have types.
class schema_rule {
public:
    explicit schema_rule(json_schema schema) noexcept : schema_(std::move(schema)) {}

    void operator()(const candidate& one, violations& found) const noexcept {
        if (one.type() == nullptr) {
            static_cast<void>(schema_.validate(one.text(), found));
        }
    }

private:
    json_schema schema_;
};

}  // namespace stentor::inline v0
