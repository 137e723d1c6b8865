// SPDX-License-Identifier: MIT

#include "examples/run_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

// fetch_data.sh without network: what it says, and that it never leaves half of anything behind.

namespace {

using stentor_test::program_run;
using stentor_test::run_program;
using stentor_test::scratch_folder;
using ::testing::HasSubstr;

program_run fetch(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
    arguments.insert(arguments.begin(), STENTOR_EXAMPLE_FETCH_DATA);
    return run_program(arguments, {.environment = std::move(environment)});
}

bool empty(const std::string& folder) {
    return !std::filesystem::exists(folder) || std::filesystem::is_empty(folder);
}

TEST(fetch_data, says_what_to_do_when_npm_is_missing) {
    const scratch_folder folder;
    std::filesystem::create_directory(folder.path("bin"));
    for (const char* tool :
         {"bash", "awk", "cat", "dirname", "mkdir", "mktemp", "rm", "sha256sum"}) {
        for (const char* where : {"/usr/bin/", "/bin/"}) {
            if (const std::string path = std::string(where) + tool; std::filesystem::exists(path)) {
                std::filesystem::create_symlink(path, folder.path("bin") + "/" + tool);
                break;
            }
        }
    }
    const auto refused = fetch({"--to", folder.path("data")}, {"PATH=" + folder.path("bin")});
    EXPECT_EQ(refused.exit_code, 3) << refused.err;
    EXPECT_THAT(refused.err, HasSubstr("npm is not installed"));
    EXPECT_THAT(refused.err, HasSubstr("npm pack @octokit/webhooks-examples@7.6.1"));
    EXPECT_THAT(refused.err, HasSubstr("--input FILE"));
    EXPECT_TRUE(empty(folder.path("data")));
}

TEST(fetch_data, refuses_a_package_with_another_checksum) {
    const scratch_folder folder;
    const auto refused =
        fetch({"--to", folder.path("data"), "--from", folder.file("x.tgz", "not the package")});
    EXPECT_EQ(refused.exit_code, 3);
    EXPECT_THAT(refused.err, HasSubstr("its checksum differs"));
    EXPECT_TRUE(empty(folder.path("data")));
}

TEST(fetch_data, refuses_wrong_usage) {
    EXPECT_EQ(fetch({"--bla"}).exit_code, 2);
    EXPECT_EQ(fetch({"--to"}).exit_code, 2);
    EXPECT_EQ(fetch({"--help"}).exit_code, 0);
}

}  // namespace
