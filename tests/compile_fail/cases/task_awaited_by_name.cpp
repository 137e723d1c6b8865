// SPDX-License-Identifier: MIT
// STENTOR_MISUSE must fail with: stentor: a task is awaited once
#include <stentor/stentor.hpp>

#include <utility>

// A task that could be awaited again.

stentor::task<int> find();

stentor::task<int> twice() {
    auto found = find();
#ifdef STENTOR_MISUSE
    co_return co_await found + 1;
#else
    co_return co_await std::move(found) + 1;
#endif
}
