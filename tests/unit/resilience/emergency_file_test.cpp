// SPDX-License-Identifier: MIT
#include "resilience/emergency_file.hpp"

#include "support/child_process.hpp"
#include "support/sample_letters.hpp"
#include <stentor/resilience/dead_letter_lines.hpp>
#include <stentor/resilience/recovery.hpp>

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

using stentor::dead_letter;
using stentor::line_damage;
using stentor::detail::emergency_errc;
using stentor::detail::emergency_file;
using stentor_test::rich_letter;
using stentor_test::small_letter;

namespace {

class emergency : public testing::Test {
protected:
    void SetUp() override { std::filesystem::remove(path_); }
    void TearDown() override { std::filesystem::remove(path_); }

    [[nodiscard]] std::string contents() const {
        std::ifstream in(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void spoil(const std::string& bytes) const {
        std::ofstream(path_, std::ios::binary | std::ios::app) << bytes;
    }
    stentor::recovery_report recover() {
        taken_.clear();
        auto report = stentor::recover_file(
            path_, [this](dead_letter letter) { taken_.push_back(std::move(letter)); });
        EXPECT_TRUE(report.has_value());
        return report.value_or(stentor::recovery_report{});
    }

    std::string path_ = (std::filesystem::temp_directory_path() /
                         ("stentor_emergency_" + std::to_string(::getpid())))
                            .string();
    std::vector<dead_letter> taken_{};
};

TEST(crc32c, is_that_of_the_standard) {
    // RFC 3720, B.4: 32 bytes of zeros, of ones; and the check value of the catalogues.
    EXPECT_EQ(stentor::detail::crc32c(std::string(32, '\0')), 0x8A91'36AAU);
    EXPECT_EQ(stentor::detail::crc32c(std::string(32, '\xff')), 0x62A8'AB43U);
    EXPECT_EQ(stentor::detail::crc32c("123456789"), 0xE306'9283U);
}

TEST_F(emergency, gives_back_what_it_took) {
    auto file = emergency_file::open(path_).value();
    ASSERT_TRUE(file.append(rich_letter()).has_value());
    ASSERT_TRUE(file.append(small_letter(1)).has_value());
    auto again = emergency_file::open(path_).value();
    ASSERT_TRUE(again.append(small_letter(2)).has_value());
    const auto report = recover();
    EXPECT_EQ(report.records, 3U);
    EXPECT_TRUE(report.damaged.empty() && report.duplicates.empty());
    EXPECT_EQ(taken_, std::vector<dead_letter>({rich_letter(), small_letter(1), small_letter(2)}));
}

TEST_F(emergency, says_what_cannot_be_opened) {
    const auto missing = emergency_file::open(path_ + "/none/file");
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().code, emergency_errc::cannot_open);
    EXPECT_NE(missing.error().message.find(path_), std::string::npos);
    const auto unread = stentor::recover_file(path_, {});
    ASSERT_FALSE(unread.has_value());
    EXPECT_EQ(unread.error().system_code, ENOENT);
    EXPECT_FALSE(stentor::recover_file("/", {}).has_value());
}

TEST_F(emergency, says_that_the_disk_is_full) {
    auto file = emergency_file::open("/dev/full").value();
    const auto refused = file.append(small_letter(1));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, emergency_errc::disk_full);
    EXPECT_EQ(refused.error().system_code, ENOSPC);
}

TEST_F(emergency, a_write_that_was_cut_costs_one_record) {
    // In a child, whose files may not grow beyond a limit until it is lifted.
    const auto end = stentor_test::run_in_child([this] {
        auto file = emergency_file::open(path_).value();
        if (!file.append(small_letter(1))) {
            return 1;
        }
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit whole{RLIM_INFINITY, RLIM_INFINITY};
        const rlimit small{contents().size() + 100, RLIM_INFINITY};
        setrlimit(RLIMIT_FSIZE, &small);
        const auto cut = file.append(small_letter(2));
        const auto refused = file.append(small_letter(3));
        setrlimit(RLIMIT_FSIZE, &whole);
        if (cut || cut.error().code != emergency_errc::short_write || refused ||
            refused.error().code != emergency_errc::disk_full) {
            return 2;
        }
        return file.append(small_letter(4)) ? 0 : 3;
    });
    ASSERT_EQ(end.exit_code, 0);
    const auto report = recover();
    EXPECT_EQ(taken_, std::vector<dead_letter>({small_letter(1), small_letter(4)}));
    ASSERT_EQ(report.damaged.size(), 1U);
    EXPECT_EQ(report.damaged[0].line, 2U);
    EXPECT_EQ(report.damaged[0].damage, line_damage::torn);
}

TEST_F(emergency, a_file_that_ends_torn_is_gone_on_with) {
    std::string text;
    ASSERT_TRUE(append_dead_letter_line(text, small_letter(1)).has_value());
    const std::string line = stentor::detail::emergency_line(text);
    for (std::size_t size = 1; size < line.size(); ++size) {
        const auto report = stentor::recover_text(line.substr(0, size), {});
        ASSERT_EQ(report.records, size == line.size() - 1 ? 1U : 0U) << size;
        ASSERT_EQ(report.damaged.size(), 1U - report.records) << size;
    }
    for (const std::size_t size : {std::size_t{1}, std::size_t{11}, std::size_t{12},
                                   line.size() / 2, line.size() - 2, line.size() - 1}) {
        std::filesystem::remove(path_);
        spoil(line.substr(0, size));
        auto file = emergency_file::open(path_).value();
        ASSERT_TRUE(file.append(small_letter(2)).has_value());
        const auto report = recover();
        ASSERT_EQ(taken_.back(), small_letter(2));
        const bool whole = size == line.size() - 1;  // only its end was missing
        ASSERT_EQ(report.records, whole ? 2U : 1U) << size;
        ASSERT_EQ(report.damaged.size(), whole ? 0U : 1U) << size;
    }
}

TEST_F(emergency, a_changed_bit_costs_the_line_that_it_is_in) {
    std::string text;
    for (std::uint64_t index = 1; index <= 3; ++index) {
        std::string line;
        ASSERT_TRUE(append_dead_letter_line(line, small_letter(index)).has_value());
        text += stentor::detail::emergency_line(line);
    }
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string changed = text;
            changed[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << bit));
            std::size_t whole = 0;
            const auto report = stentor::recover_text(changed, [&](const dead_letter& letter) {
                for (std::uint64_t index = 1; index <= 3; ++index) {
                    whole += letter == small_letter(index) ? 1U : 0U;
                }
            });
            ASSERT_EQ(whole, report.records) << at << '.' << bit;  // never a changed letter
            const bool joined = text[at] == '\n' && at + 1 < text.size();
            const bool last = at + 1 == text.size();
            ASSERT_EQ(report.records, joined ? 1U : 2U) << at << '.' << bit << last;
            ASSERT_FALSE(report.damaged.empty()) << at << '.' << bit;
        }
    }
}

TEST_F(emergency, duplicates_and_foreign_lines_are_reported) {
    auto file = emergency_file::open(path_).value();
    ASSERT_TRUE(file.append(small_letter(1)).has_value());
    spoil("hello\n" + stentor::detail::emergency_line("{}"));
    dead_letter opaque = small_letter(2);
    opaque.payload = {stentor::dead_letter_content::object, "", nullptr};
    ASSERT_TRUE(file.append(opaque).has_value());
    ASSERT_TRUE(file.append(small_letter(1, "again")).has_value());
    const auto report = recover();
    EXPECT_EQ(report.records, 2U);
    EXPECT_EQ(report.without_payload, 1U);
    ASSERT_EQ(report.damaged.size(), 2U);
    EXPECT_EQ(report.damaged[0].damage, line_damage::not_a_record);
    EXPECT_EQ(report.damaged[1].damage, line_damage::bad_record);
    ASSERT_EQ(report.duplicates.size(), 1U);
    EXPECT_EQ(report.duplicates[0].line, 5U);
    EXPECT_EQ(report.duplicates[0].first_line, 1U);
}

}  // namespace
