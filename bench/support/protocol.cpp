// SPDX-License-Identifier: MIT
#include "support/protocol.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <sstream>
#include <string>

namespace bench {
namespace {

const workload* find(std::span<const workload> workloads, std::string_view name) {
    for (const workload& candidate : workloads) {
        if (candidate.name == name) {
            return &candidate;
        }
    }
    return nullptr;
}

measurement run_one(const workload* chosen, std::uint64_t count) {
    measurement result;
    if (chosen == nullptr) {
        result.fail("no such workload");
        return result;
    }
    if (count == 0) {
        result.fail("the count must be positive");
        return result;
    }
    try {
        return chosen->run(count);
    } catch (const std::exception& error) {
        result.fail(error.what());
    }
    return result;
}

int answer(std::string_view competitor, std::string_view name, const measurement& result) {
    std::puts(to_json(competitor, name, result).c_str());
    std::fflush(stdout);
    return result.ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int smoke(std::string_view competitor, std::span<const workload> workloads) {
    int status = workloads.empty() ? EXIT_FAILURE : EXIT_SUCCESS;
    for (const workload& each : workloads) {
        if (answer(competitor, each.name, run_one(&each, each.smoke_count)) != EXIT_SUCCESS) {
            status = EXIT_FAILURE;
        }
    }
    return status;
}

int listen(std::string_view competitor, std::span<const workload> workloads) {
    std::string ready = "READY " + std::string(competitor);
    for (const workload& each : workloads) {
        ready += ' ';
        ready += each.name;
    }
    std::puts(ready.c_str());
    std::fflush(stdout);

    int status = EXIT_SUCCESS;
    for (std::string line; std::getline(std::cin, line) && line != "QUIT";) {
        std::istringstream words(line);
        std::string command;
        std::string name;
        std::uint64_t count = 0;
        words >> command >> name >> count;
        if (command != "RUN") {
            std::fprintf(stderr, "%s: expected RUN <workload> <count>, got: %s\n",
                         std::string(competitor).c_str(), line.c_str());
            return EXIT_FAILURE;
        }
        if (answer(competitor, name, run_one(find(workloads, name), count)) != EXIT_SUCCESS) {
            status = EXIT_FAILURE;
        }
    }
    return status;
}

}  // namespace

int serve(std::string_view competitor, std::span<const workload> workloads, int argc, char** argv) {
    const std::span arguments(argv, static_cast<std::size_t>(argc));
    if (arguments.size() == 1) {
        return listen(competitor, workloads);
    }
    const std::string_view mode = arguments[1];
    if (mode == "--smoke" && arguments.size() == 2) {
        return smoke(competitor, workloads);
    }
    if (mode == "--run" && arguments.size() == 4) {
        const workload* chosen = find(workloads, arguments[2]);
        return answer(competitor, arguments[2],
                      run_one(chosen, std::strtoull(arguments[3], nullptr, 10)));
    }
    std::fprintf(stderr, "usage: %s [--smoke | --run WORKLOAD COUNT]\n", arguments[0]);
    return EXIT_FAILURE;
}

}  // namespace bench
