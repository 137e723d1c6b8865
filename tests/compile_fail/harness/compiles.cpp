// SPDX-License-Identifier: MIT
// Legal even with the "misuse".

#ifdef STENTOR_MISUSE
static_assert(true);
#endif
