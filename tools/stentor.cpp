// SPDX-License-Identifier: MIT
#include "commands.hpp"
#include <stentor/version.hpp>

#include <cstdio>
#include <exception>
#include <string_view>
#include <vector>

namespace {

constexpr char usage[] =
    R"(usage: stentor <command> [argument...]

  recover FILE   the dead letters of an emergency file, as JSON Lines on standard output;
                 what is damaged is named on standard error and left out
  --version      the version
  --help         this text

Exit status: 0 all was done, 1 some of it was damaged, 2 nothing was done.
)";

int run(int count, char** values) {
    const std::vector<std::string_view> arguments(values + 1, values + count);
    const auto command = arguments.empty() ? std::string_view() : arguments.front();
    if (command == "--help") {
        std::fputs(usage, stdout);
        return stentor_tool::done;
    }
    if (command == "--version") {
        std::printf("stentor %d.%d.%d\n", STENTOR_VERSION_MAJOR, STENTOR_VERSION_MINOR,
                    STENTOR_VERSION_PATCH);
        return stentor_tool::done;
    }
    if (command == "recover") {
        return stentor_tool::recover(std::span(arguments).subspan(1));
    }
    std::fputs(usage, stderr);
    return stentor_tool::failed;
}

}  // namespace

int main(int count, char** values) {
    try {
        return run(count, values);
    } catch (const std::exception& thrown) {
        std::fprintf(stderr, "stentor: %s\n", thrown.what());
        return stentor_tool::failed;
    }
}
