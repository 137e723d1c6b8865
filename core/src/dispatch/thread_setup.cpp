// SPDX-License-Identifier: MIT
#include "dispatch/thread_setup.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stentor::inline v0::detail {

namespace {

// Thread clock ids are negative numbers; shifted, so that a negative one can mean none.
constexpr std::int64_t clock_bias = std::int64_t{1} << 32;

// The mask of the process's main thread: a pinned caller's own mask would be too narrow.
bool process_mask(cpu_set_t& mask) noexcept {
    return ::sched_getaffinity(::getpid(), sizeof mask, &mask) == 0;
}

// The beginning of a file of the kernel's; empty when it cannot be read. Allocates nothing: runners
// read such files, too.
struct short_file {
    explicit short_file(const char* path) noexcept {
        const int file = ::open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) {
            return;
        }
        const auto length = ::read(file, text, sizeof text - 1);
        ::close(file);
        text[std::max<ssize_t>(length, 0)] = '\0';
    }
    char text[512] = {};
};

// Reads "first second" or one number; false when the file is not there or says "max".
bool read_two(const char* path, long long& first, long long& second) noexcept {
    const short_file file(path);
    return std::sscanf(file.text, "%lld %lld", &first, &second) >= 1;
}

// CPUs by quota, rounded up; 0 when there is none. Only the process's own view of its cgroup.
std::int32_t quota_cpus() noexcept {
    long long quota = 0;
    long long period = 0;
    if (read_two("/sys/fs/cgroup/cpu.max", quota, period) && quota > 0 && period > 0) {
        return static_cast<std::int32_t>((quota + period - 1) / period);
    }
    long long unused = 0;
    for (const char* folder : {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"}) {
        char path[96];
        std::snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
        if (!read_two(path, quota, unused) || quota <= 0) {
            continue;
        }
        std::snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
        if (read_two(path, period, unused) && period > 0) {
            return static_cast<std::int32_t>((quota + period - 1) / period);
        }
    }
    return 0;
}

}  // namespace

quiet_thread::quiet_thread() noexcept {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
}

quiet_thread::~quiet_thread() {
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void name_thread(const char* what, std::int32_t index) noexcept {
    char name[16];
    if (index < 0) {
        std::snprintf(name, sizeof name, "%.15s", what);
    } else {
        std::snprintf(name, sizeof name, "%.9s-%d", what, static_cast<int>(index % 10000));
    }
    ::pthread_setname_np(::pthread_self(), name);
}

std::int32_t this_thread_id() noexcept {
    return static_cast<std::int32_t>(::syscall(SYS_gettid));
}

std::int64_t this_thread_cpu_clock() noexcept {
    clockid_t clock = 0;
    return ::pthread_getcpuclockid(::pthread_self(), &clock) == 0 ? std::int64_t{clock} + clock_bias
                                                                  : -1;
}

std::int64_t cpu_time_ns(std::int64_t clock) noexcept {
    timespec time{};
    if (clock < 0 || ::clock_gettime(static_cast<clockid_t>(clock - clock_bias), &time) != 0) {
        return 0;
    }
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

bool thread_sleeps(std::int32_t thread_id) noexcept {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/stat", static_cast<int>(thread_id));
    const short_file file(path);
    const char* after_name = std::strrchr(file.text, ')');  // the name may hold anything
    return after_name != nullptr && (after_name[2] == 'S' || after_name[2] == 'D');
}

std::int64_t waited_for_cpu_ns() noexcept {
    long long ran = 0;
    long long waited = 0;
    return read_two("/proc/thread-self/schedstat", ran, waited) ? std::int64_t{waited} : 0;
}

std::int32_t usable_cpus() noexcept {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    auto cpus =
        process_mask(mask) ? CPU_COUNT(&mask) : static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    if (const auto quota = quota_cpus(); quota > 0) {
        cpus = std::min(cpus, quota);
    }
    return std::max(cpus, 1);
}

void reset_affinity() noexcept {
    cpu_set_t mask;
    CPU_ZERO(&mask);
    if (process_mask(mask)) {
        ::sched_setaffinity(0, sizeof mask, &mask);
    }
}

}  // namespace stentor::inline v0::detail
