// SPDX-License-Identifier: MIT
#include "examples/run_program.hpp"
#include "resilience/emergency_file.hpp"
#include <stentor/resilience/dead_letter_lines.hpp>
#include <stentor/resilience/memory_dead_letters.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <string>

// The command as an operator uses it: what comes out can be imported, and what cannot is named.

namespace {

using stentor_test::run_program;
using stentor_test::scratch_folder;

class recover_command : public ::testing::Test {
protected:
    void append(std::uint64_t number) const {
        stentor::dead_letter letter;
        letter.id = stentor::event_id::from_words(0x0190'0000'0000'7000, number);
        letter.topic = "order.placed";
        letter.subscription = "mail";
        letter.payload = {.content = stentor::dead_letter_content::json,
                          .bytes = "{\"id\":" + std::to_string(number) + "}"};
        auto file = stentor::detail::emergency_file::open(path_).value();
        ASSERT_TRUE(file.append(letter));
    }
    [[nodiscard]] stentor_test::program_run recovered() const {
        return run_program({STENTOR_TOOL, "recover", path_});
    }

    scratch_folder folder_;
    std::string path_ = folder_.path("emergency");
};

TEST_F(recover_command, writes_what_can_be_imported) {
    append(1);
    append(2);
    const auto run = recovered();
    EXPECT_EQ(run.exit_code, 0);
    EXPECT_EQ(run.err, "2 whole, 0 damaged, 0 there twice, 0 without a payload\n");
    const auto store = stentor::memory_dead_letters::make({}).value();
    EXPECT_EQ(stentor::import_dead_letters(run.out, *store).letters, 2U);
    EXPECT_EQ(store->get(2)->payload.bytes, R"({"id":2})");
}

TEST_F(recover_command, names_what_is_damaged_and_gives_the_rest) {
    append(1);
    std::ofstream(path_, std::ios::app) << "nonsense\n";
    append(2);
    append(1);
    const auto run = recovered();
    EXPECT_EQ(run.exit_code, 1);
    EXPECT_NE(run.err.find(path_ + ":2: not_a_record"), std::string::npos) << run.err;
    EXPECT_NE(run.err.find(path_ + ":4: the same event and subscription as in line 1"),
              std::string::npos)
        << run.err;
    EXPECT_EQ(stentor_test::lines_of(run.out).size(), 2U);
}

TEST_F(recover_command, says_what_it_cannot_read) {
    const auto run = recovered();
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.out, "");
    EXPECT_NE(run.err.find(path_), std::string::npos) << run.err;
}

TEST_F(recover_command, says_when_nobody_takes_its_lines) {
    append(1);
    const auto run =
        run_program({"/bin/sh", "-c", STENTOR_TOOL " recover " + path_ + " >/dev/full"});
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_NE(run.err.find("standard output"), std::string::npos) << run.err;
}

TEST_F(recover_command, explains_itself) {
    const auto help = run_program({STENTOR_TOOL, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_NE(help.out.find("recover FILE"), std::string::npos);
    for (const auto& wrong :
         {std::vector<std::string>{STENTOR_TOOL}, std::vector<std::string>{STENTOR_TOOL, "unknown"},
          std::vector<std::string>{STENTOR_TOOL, "recover"}}) {
        const auto run = run_program(wrong);
        EXPECT_EQ(run.exit_code, 2);
        EXPECT_NE(run.err.find("usage"), std::string::npos);
    }
    EXPECT_EQ(run_program({STENTOR_TOOL, "--version"}).out, "stentor 0.1.0\n");
}

}  // namespace
