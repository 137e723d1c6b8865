// SPDX-License-Identifier: MIT
#pragma once

#include <thread>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

// How every loop of the benches waits: a few pauses, then the core is given away, because most
// workloads have more threads than cores. One object per waiting loop, not shared.

namespace bench {

inline void spin_pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    _mm_pause();
#else
    std::this_thread::yield();
#endif
}

class backoff {
public:
    void wait() noexcept {
        if (rounds_ < spin_rounds) {
            ++rounds_;
            for (int i = 0; i < pauses_per_round; ++i) {
                spin_pause();
            }
            return;
        }
        std::this_thread::yield();
    }

    void reset() noexcept { rounds_ = 0; }

private:
    static constexpr int spin_rounds = 64;
    static constexpr int pauses_per_round = 16;
    int rounds_ = 0;
};

}  // namespace bench
