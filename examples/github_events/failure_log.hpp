// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/bus/error_record.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

// The log sink of the bus: keeps one example of each kind of error for the report, and of each kind
// of notice. How many errors there were is what the bus counts, not this.
//
// Threads: any. Progress: a mutex, for as long as a look-up takes.

namespace github {

class failure_log {
public:
    struct example {
        std::string handler;
        std::string error;
        std::string topic;
        std::string where;  // where the handler was subscribed: "handlers.cpp:52"
    };

    struct notice {
        std::string text;
        std::uint64_t times = 1;  // it and others that differ only in numbers and ids
    };

    // To be given to the bus; refers to this object.
    [[nodiscard]] stentor::log_sink sink();

    [[nodiscard]] std::vector<example> examples() const;
    [[nodiscard]] std::vector<notice> notices() const;

private:
    static constexpr std::size_t kept_max = 20;

    mutable std::mutex mutex_;
    std::map<std::pair<std::string, std::string>, example> examples_;  // by handler and error
    std::map<std::string, notice, std::less<>> notices_;               // by their normalised text
};

}  // namespace github
