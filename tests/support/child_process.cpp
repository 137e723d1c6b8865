// SPDX-License-Identifier: MIT
#include "support/child_process.hpp"

#include <csignal>

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stentor_test {

child_end run_in_child(const std::function<int()>& body, std::chrono::seconds limit) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(
            static_cast<unsigned>(limit.count()));  // its default action ends a child that hangs
        ::_exit(body());
    }
    child_end end;
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) {
        return end;
    }
    if (WIFSIGNALED(status)) {
        end.signal = WTERMSIG(status);
        end.hung = end.signal == SIGALRM;
    } else {
        end.exit_code = WEXITSTATUS(status);
    }
    return end;
}

}  // namespace stentor_test
