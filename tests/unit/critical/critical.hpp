// SPDX-License-Identifier: MIT
#pragma once

#include "unit/lettered/lettered.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

// Critical subscriptions on a bus whose time stands still and whose store is full.
namespace stentor_test {

struct bill {
    static constexpr std::string_view topic = "test.bill";
    std::string customer{};
    std::int64_t cents = 0;
};
STENTOR_FIELDS(bill, customer, cents);

// A name that no other test has. Removed at the end.
class file_name {
public:
    file_name()
        : path_(
              (std::filesystem::temp_directory_path() /
               ("stentor-critical-" + std::to_string(::getpid()) + "-" + std::to_string(++count_)))
                  .string()) {}
    file_name(const file_name&) = delete;
    ~file_name() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    [[nodiscard]] const std::string& get() const { return path_; }
    [[nodiscard]] std::string text() const {
        std::ostringstream all;
        all << std::ifstream(path_).rdbuf();
        return all.str();
    }

private:
    static inline int count_ = 0;
    std::string path_;
};

// One letter fills the store, and it is there.
[[nodiscard]] inline std::shared_ptr<stentor::dead_letter_store> full_store() {
    std::shared_ptr<stentor::dead_letter_store> store =
        stentor::memory_dead_letters::make({.letters_max = 1}).value();
    stentor::dead_letter one;
    one.topic = "test.other";
    one.subscription = "other";
    static_cast<void>(store->put(one).value());
    return store;
}

[[nodiscard]] inline stentor::bus_options with_file(std::string path) {
    auto options = small_bus();
    options.dead_letters = full_store();
    options.emergency_file = std::move(path);
    return options;
}

}  // namespace stentor_test
