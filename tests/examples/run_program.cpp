// SPDX-License-Identifier: MIT

#include "run_program.hpp"

#include <pty.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stentor_test {
namespace {

using std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

class descriptor {
public:
    descriptor() = default;
    explicit descriptor(int number) : number_(number) {}
    descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~descriptor() { close(); }

    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] bool open() const { return number_ >= 0; }
    void close() {
        if (number_ >= 0) {
            ::close(std::exchange(number_, -1));
        }
    }

private:
    int number_ = -1;
};

struct pipe_ends {
    descriptor read;
    descriptor write;

    pipe_ends() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            fail("pipe2");
        }
        read = descriptor(ends[0]);
        write = descriptor(ends[1]);
    }
};

struct child {
    pid_t pid = -1;
    descriptor in;
    descriptor out;
    descriptor err;
};

[[noreturn]] void become(const std::vector<std::string>& command, const run_options& options) {
    // What is ignored stays so in a new program; ours would then not see the signal.
    std::signal(SIGPIPE, SIG_DFL);
    std::signal(SIGINT, SIG_DFL);
    for (const std::string& variable : options.environment) {
        const std::size_t equals = variable.find('=');
        ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
    }
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    std::perror("exec");
    ::_exit(127);
}

child start_with_pipes(const std::vector<std::string>& command, const run_options& options) {
    pipe_ends in;
    pipe_ends out;
    pipe_ends err;
    child started;
    started.pid = ::fork();
    if (started.pid < 0) {
        fail("fork");
    }
    if (started.pid == 0) {
        ::dup2(in.read.get(), STDIN_FILENO);
        ::dup2(out.write.get(), STDOUT_FILENO);
        ::dup2(err.write.get(), STDERR_FILENO);
        become(command, options);
    }
    started.in = std::move(in.write);
    started.out = std::move(out.read);
    started.err = std::move(err.read);
    return started;
}

child start_on_terminal(const std::vector<std::string>& command, const run_options& options) {
    winsize window{};
    window.ws_col = options.terminal_columns;
    window.ws_row = 40;
    int terminal = -1;
    child started;
    started.pid = ::forkpty(&terminal, nullptr, nullptr, &window);
    if (started.pid < 0) {
        fail("forkpty");
    }
    if (started.pid == 0) {
        become(command, options);
    }
    started.out = descriptor(terminal);
    return started;
}

// Reads what is there; closes the descriptor at the end. A terminal ends with EIO.
void take(descriptor& from, std::string& into) {
    std::array<char, 16384> chunk{};
    const ssize_t bytes = ::read(from.get(), chunk.data(), chunk.size());
    if (bytes > 0) {
        into.append(chunk.data(), static_cast<std::size_t>(bytes));
    } else if (bytes == 0 || errno != EINTR) {
        from.close();
    }
}

void give(descriptor& to, std::string_view& rest) {
    const ssize_t bytes = rest.empty() ? 0 : ::write(to.get(), rest.data(), rest.size());
    if (bytes > 0) {
        rest.remove_prefix(static_cast<std::size_t>(bytes));
    }
    if (rest.empty() || (bytes < 0 && errno != EINTR && errno != EAGAIN)) {
        to.close();
    }
}

// Feeds and listens until the program closed both its outputs.
void converse(child& started, const run_options& options, program_run& result) {
    const auto give_up = steady_clock::now() + options.time_limit;
    std::string_view input = options.input;
    int signal = options.signal;
    if (started.in.open()) {
        ::fcntl(started.in.get(), F_SETFL, O_NONBLOCK);
    }
    while (started.out.open() || started.err.open()) {
        if (steady_clock::now() >= give_up) {
            result.timed_out = true;
            ::kill(started.pid, SIGKILL);
            return;
        }
        std::array<pollfd, 3> waiting{pollfd{started.out.get(), POLLIN, 0},
                                      pollfd{started.err.get(), POLLIN, 0},
                                      pollfd{started.in.get(), POLLOUT, 0}};
        if (::poll(waiting.data(), waiting.size(), 100) < 0 && errno != EINTR) {
            fail("poll");
        }
        if (started.out.open() && waiting[0].revents != 0) {
            take(started.out, result.out);
        }
        if (started.err.open() && waiting[1].revents != 0) {
            take(started.err, result.err);
        }
        if (started.in.open() && waiting[2].revents != 0) {
            give(started.in, input);
        }
        const std::string_view wanted = options.signal_when_seen;
        if (signal != 0 && (result.out.find(wanted) != std::string::npos ||
                            result.err.find(wanted) != std::string::npos)) {
            ::kill(started.pid, std::exchange(signal, 0));
        }
    }
}

}  // namespace

program_run run_program(const std::vector<std::string>& command, const run_options& options) {
    std::signal(SIGPIPE, SIG_IGN);  // a program may end before it has read its input
    const auto before = steady_clock::now();
    child started = options.terminal_columns > 0 ? start_on_terminal(command, options)
                                                 : start_with_pipes(command, options);
    program_run result;
    converse(started, options, result);
    int status = 0;
    while (::waitpid(started.pid, &status, 0) < 0 && errno == EINTR) {
    }
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.took =
        std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - before);
    return result;
}

scratch_folder::scratch_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "stentor.XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        fail("mkdtemp");
    }
    folder_ = name;
}

scratch_folder::~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string scratch_folder::path(std::string_view name) const {
    return (folder_ / name).string();
}

std::string scratch_folder::file(std::string_view name, std::string_view text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream stream{std::string(text)};
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::string text_of_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace stentor_test
