// SPDX-License-Identifier: MIT

#include "stop_signal.hpp"

#include <atomic>
#include <csignal>

#include <pthread.h>

namespace github::stop_signal {
namespace {

// Written by the signal handler, read by everyone: a flag that orders nothing else. Lock-free, so
// a signal handler may touch it.
std::atomic<bool> requested_flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void on_signal(int) {
    requested_flag.store(true, std::memory_order_relaxed);
}

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

}  // namespace

void install() {
    struct sigaction action{};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    // Not SA_RESTART: a read that waits for input has to return. Once: the second signal kills.
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (const int signal : {SIGINT, SIGTERM}) {
        struct sigaction inherited{};
        // A parent that wants signals ignored (nohup, a script's background job) keeps its way.
        if (sigaction(signal, nullptr, &inherited) == 0 && inherited.sa_handler != SIG_IGN) {
            sigaction(signal, &action, nullptr);
        }
    }
}

bool requested() noexcept {
    return requested_flag.load(std::memory_order_relaxed);
}

blocked_here::blocked_here() {
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

blocked_here::~blocked_here() {
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

}  // namespace github::stop_signal
