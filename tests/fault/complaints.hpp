// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>

namespace stentor::fault {

// What went wrong, with the allocations that brought it about.
class complaints {
public:
    void add(const std::string& verdict, const std::string& which) {
        auto& list = lists_[verdict];
        list += (list.empty() ? "" : ", ") + which;
    }
    [[nodiscard]] std::string text() const {
        std::string all;
        for (const auto& [verdict, list] : lists_) {
            all += verdict + "\n    when allocation " + list + " failed\n";
        }
        return all;
    }

private:
    std::map<std::string, std::string> lists_;
};

}  // namespace stentor::fault
