// SPDX-License-Identifier: MIT
// Legal as it stands, refused with the misuse.

constexpr long price = 1;
static_assert(price > 0);
#ifdef STENTOR_MISUSE
static_assert(price < 0, "an order has no negative price");
#endif
