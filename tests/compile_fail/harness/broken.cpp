// SPDX-License-Identifier: MIT
// Broken for a reason of its own, so its misuse proves nothing.

static_assert(false, "this file never compiles");
#ifdef STENTOR_MISUSE
static_assert(false, "an order has no negative price");
#endif
