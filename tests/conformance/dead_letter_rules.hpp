// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/resilience/dead_letter_store.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// The promises of a dead letter store, as functions that say what is broken, so that one list of
// rules serves the suite and the proof that the suite notices broken stores.
namespace conformance {

using store_maker = std::function<std::unique_ptr<stentor::dead_letter_store>()>;

// What does not hold, one line each. Empty: all holds.
using complaints = std::vector<std::string>;

struct rule {
    std::string name;
    std::function<void(stentor::dead_letter_store& store, complaints& out)> check;
};

[[nodiscard]] const std::vector<rule>& dead_letter_rules();

// A letter of its own event, different for each index.
[[nodiscard]] stentor::dead_letter letter_of(std::uint64_t index, std::string subscription = "mail",
                                             std::string error = "mailbox 17 is full");

}  // namespace conformance
