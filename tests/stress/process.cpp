// SPDX-License-Identifier: MIT
#include "process.hpp"

#include <csignal>
#include <fstream>
#include <iterator>

#include <malloc.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stentor::stress {

namespace fs = std::filesystem;

namespace {

bool write_to(const fs::path& file, const std::string& text) {
    std::ofstream out(file);
    out << text << std::flush;
    return out.good();
}

// The line of /proc/self/cgroup for a controller; "" is the unified hierarchy.
std::string group_of_process(const std::string& controller) {
    std::ifstream lines("/proc/self/cgroup");
    for (std::string line; std::getline(lines, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        const auto names = line.substr(first + 1, second - first - 1);
        const bool found = controller.empty() ? names.empty()
                                              : (',' + names + ',').find(',' + controller + ',') !=
                                                    std::string::npos;
        if (found) {
            return line.substr(second + 1);
        }
    }
    return {};
}

std::int64_t status_field(const char* name) {
    std::ifstream lines("/proc/self/status");
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name)) {
            const auto at = line.find_first_of("0123456789");
            return at == std::string::npos ? -1 : std::stoll(line.substr(at));
        }
    }
    return -1;
}

}  // namespace

one_processor::one_processor() noexcept {
    CPU_ZERO(&before_);
    if (::sched_getaffinity(0, sizeof before_, &before_) != 0) {
        return;
    }
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &before_)) {
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            held_ = ::sched_setaffinity(0, sizeof one, &one) == 0;
            return;
        }
    }
}

one_processor::~one_processor() {
    if (held_) {
        ::sched_setaffinity(0, sizeof before_, &before_);
    }
}

cpu_quota::cpu_quota(int percent) {
    const fs::path root = "/sys/fs/cgroup";
    if (fs::exists(root / "cgroup.controllers")) {
        limit_v2(root / fs::path(group_of_process("")).relative_path(), percent);
        return;
    }
    for (const char* folder : {"cpu", "cpu,cpuacct"}) {
        if (fs::exists(root / folder / "cpu.cfs_period_us")) {
            auto parent = root / folder / fs::path(group_of_process("cpu")).relative_path();
            limit_v1(fs::exists(parent) ? parent : root / folder, percent);
            return;
        }
    }
    why_not_ = "there is no cpu controller";
}

void cpu_quota::limit_v2(const fs::path& parent, int percent) {
    enter(parent);
    if (held() && !write_to(group_ / "cpu.max", std::to_string(percent * 1'000) + " 100000")) {
        why_not_ = "cpu.max cannot be written in " + group_.string();
    }
}

void cpu_quota::limit_v1(const fs::path& parent, int percent) {
    enter(parent);
    if (held() && !(write_to(group_ / "cpu.cfs_period_us", "100000") &&
                    write_to(group_ / "cpu.cfs_quota_us", std::to_string(percent * 1'000)))) {
        why_not_ = "cpu.cfs_quota_us cannot be written in " + group_.string();
    }
}

void cpu_quota::enter(const fs::path& parent) {
    home_ = parent;
    group_ = parent / ("stentor-test-" + std::to_string(::getpid()));
    std::error_code fault;
    if (!fs::create_directory(group_, fault)) {
        why_not_ = "no control group can be made in " + parent.string() + ": " + fault.message();
        group_.clear();
        return;
    }
    if (!write_to(group_ / "cgroup.procs", std::to_string(::getpid()))) {
        why_not_ = "the process cannot move to " + group_.string();
    }
}

cpu_quota::~cpu_quota() {
    if (!group_.empty()) {
        write_to(home_ / "cgroup.procs", std::to_string(::getpid()));
        std::error_code ignored;
        fs::remove(group_, ignored);
    }
}

stop_and_go::stop_and_go(int percent) {
    int ends[2];
    if (::pipe(ends) != 0) {
        return;
    }
    const auto parent = ::getpid();
    child_ = ::fork();
    ::close(ends[child_ == 0 ? 1 : 0]);
    if (child_ != 0) {
        end_ = ends[1];
        return;
    }
    // Ends when the parent closes its side, by intent or by death; so every stop has its go.
    pollfd over{.fd = ends[0], .events = POLLIN, .revents = 0};
    while (::poll(&over, 1, percent) == 0) {
        ::kill(parent, SIGSTOP);
        ::usleep(static_cast<useconds_t>((100 - percent) * 1'000));
        ::kill(parent, SIGCONT);
    }
    ::_exit(0);
}

stop_and_go::~stop_and_go() {
    if (held()) {
        ::close(end_);
        ::waitpid(child_, nullptr, 0);
    }
}

std::int64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::int64_t total = 0;
    std::int64_t resident = 0;
    file >> total >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
}

std::int64_t threads_of_this_process() {
    return status_field("Threads:");
}

std::int64_t open_files() {
    const fs::directory_iterator files("/proc/self/fd");
    return std::distance(begin(files), end(files));
}

std::int64_t heap_bytes() {
#if defined(STENTOR_ALLOCATOR_MIMALLOC)
    return -1;
#else
    const auto all = ::mallinfo2();
    return static_cast<std::int64_t>(all.uordblks + all.hblkhd);
#endif
}

}  // namespace stentor::stress
