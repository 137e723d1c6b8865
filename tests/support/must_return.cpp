// SPDX-License-Identifier: MIT
#include "support/must_return.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <thread>

namespace stentor_test {

void must_return(const char* what, const std::function<void()>& action,
                 std::chrono::seconds limit) {
    std::promise<void> done;
    auto returned = done.get_future();
    std::thread runs([&] {
        try {
            action();
            done.set_value();
        } catch (...) {
            done.set_exception(std::current_exception());
        }
    });
    if (returned.wait_for(limit) != std::future_status::ready) {
        std::fprintf(stderr, "Failure: hangs: %s (no return within %lld s)\n", what,
                     static_cast<long long>(limit.count()));
        std::fflush(nullptr);
        std::_Exit(EXIT_FAILURE);
    }
    runs.join();
    returned.get();
}

}  // namespace stentor_test
