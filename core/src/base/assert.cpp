// SPDX-License-Identifier: MIT
#include <stentor/base/assert.hpp>

#include <cstdio>
#include <cstdlib>

namespace stentor::inline v0::detail {

void assert_failed(const char* condition, const char* message, const char* file,
                   int line) noexcept {
    std::fprintf(stderr, "%s:%d: stentor: %s (%s is false)\n", file, line, message, condition);
    std::fflush(stderr);
    std::abort();
}

}  // namespace stentor::inline v0::detail
