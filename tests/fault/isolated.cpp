// SPDX-License-Identifier: MIT
#include "isolated.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stentor::fault {

namespace {

// Lies in memory that parent and child share, so it outlives the child.
struct note {
    char step[96];
    char verdict[8'000];
};

note* shared_note() noexcept {
    static auto* const page = static_cast<note*>(
        ::mmap(nullptr, sizeof(note), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    return page;
}

void put(char* to, std::size_t room, const char* text) noexcept {
    std::strncpy(to, text, room - 1);
    to[room - 1] = '\0';
}

}  // namespace

void step(const char* name) noexcept {
    put(shared_note()->step, sizeof(note::step), name);
}

const char* current_step() noexcept {
    return shared_note()->step;
}

std::string isolated(const std::function<std::string()>& trial, unsigned seconds_max) {
    auto* told = shared_note();
    put(told->step, sizeof told->step, "the beginning");
    told->verdict[0] = '\0';
    std::fflush(nullptr);
    const auto child = ::fork();
    if (child < 0) {
        return "no child process could be made";
    }
    if (child == 0) {
        ::alarm(seconds_max);
        // Nothing may come out of here: the child would go on as if it were the parent.
        try {
            put(told->verdict, sizeof told->verdict, trial().c_str());
        } catch (const std::exception& error) {
            put(told->verdict, sizeof told->verdict,
                (std::string("threw ") + error.what()).c_str());
        } catch (...) {
            put(told->verdict, sizeof told->verdict, "threw something");
        }
        std::fflush(nullptr);
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    const std::string where = std::string(" in: ") + told->step;
    if (WIFSIGNALED(status)) {
        const auto number = WTERMSIG(status);
        return (number == SIGALRM ? "hung" : std::string("died of ") + ::strsignal(number)) + where;
    }
    if (WEXITSTATUS(status) != 0) {
        return "exited with " + std::to_string(WEXITSTATUS(status)) + where;
    }
    return told->verdict[0] == '\0' ? std::string() : told->verdict + where;
}

}  // namespace stentor::fault
