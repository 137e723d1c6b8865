// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <new>
#include <vector>

// For control paths that must not fail as a whole when memory is short: what needs memory is tried
// first, and has a way to go on without. Publishing does not come here, it asks with nothrow.
namespace stentor::inline v0::detail {

// Runs the body. False: it ran out of memory on the way, and undoes itself by its destructors.
// Without exceptions the allocator ends the process instead.
template <class Body>
[[nodiscard]] bool attempt(Body&& body) noexcept {
#if defined(__cpp_exceptions)
    try {
        body();
    } catch (const std::bad_alloc&) {
        return false;
    }
#else
    body();
#endif
    return true;
}

// So that the next push_backs, up to `size` elements, do not allocate.
template <class T>
void make_room(std::vector<T>& list, std::size_t size) {
    if (size > list.capacity()) {
        list.reserve(size > 2 * list.capacity() ? size : 2 * list.capacity());
    }
}

}  // namespace stentor::inline v0::detail
