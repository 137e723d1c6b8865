// SPDX-License-Identifier: MIT
#include <stentor/event/event_id.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>

using namespace std::string_view_literals;
using stentor::event_id;

namespace {

void expect_refused(std::string_view text, std::string_view part_of_message) {
    const auto refused = event_id::parse(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code(), stentor::errc::invalid_id);
    EXPECT_NE(refused.error().message().find(part_of_message), std::string::npos)
        << refused.error().message();
}

}  // namespace

TEST(event_id, has_the_layout_of_rfc_9562) {
    // The example of appendix A.6: 2022-02-22T19:22:22Z.
    constexpr event_id example =
        event_id::from_parts(0x017F'22E2'79B0, 0xCC3, 0x18C4'DC0C'0C07'398F);
    EXPECT_EQ(example.to_string(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    static_assert(example.unix_ms() == 1'645'557'742'000);
    static_assert(example.version() == 7);
    static_assert(sizeof(event_id) == 16 && std::is_trivially_copyable_v<event_id>);
}

TEST(event_id, ignores_surplus_bits_of_its_parts) {
    constexpr std::uint64_t all = ~std::uint64_t{0};
    EXPECT_EQ(event_id::from_parts(all, all, all).to_string(),
              "ffffffff-ffff-7fff-bfff-ffffffffffff");
    EXPECT_EQ(event_id::from_parts(0, 0, 0).to_string(), "00000000-0000-7000-8000-000000000000");
}

TEST(event_id, is_nil_until_it_is_made) {
    EXPECT_TRUE(event_id().is_nil());
    EXPECT_EQ(event_id().to_string(), "00000000-0000-0000-0000-000000000000");
    EXPECT_FALSE(event_id::from_parts(0, 0, 0).is_nil());
    EXPECT_FALSE(event_id::from_words(0, 1).is_nil());
}

TEST(event_id, reads_back_what_it_writes) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 1000; ++i) {
        const event_id id = event_id::from_words(random(), random());
        const auto back = event_id::parse(id.to_string());
        ASSERT_TRUE(back);
        EXPECT_EQ(*back, id);
    }
}

TEST(event_id, writes_exactly_36_characters) {
    std::array<char, event_id::text_size + 2> buffer{};
    buffer.fill('#');
    event_id::from_words(~std::uint64_t{0}, 1).write(buffer.data() + 1);
    EXPECT_EQ(std::string_view(buffer.data(), buffer.size()),
              "#ffffffff-ffff-ffff-0000-000000000001#");
}

TEST(event_id, accepts_uuids_of_any_version_and_case) {
    const auto version_4 = event_id::parse("919108F7-52d1-4320-9BAC-f847db4148a8");
    ASSERT_TRUE(version_4);
    EXPECT_EQ(version_4->version(), 4U);
    EXPECT_EQ(version_4->to_string(), "919108f7-52d1-4320-9bac-f847db4148a8");
    EXPECT_TRUE(event_id::parse("00000000-0000-0000-0000-000000000000")->is_nil());
}

TEST(event_id, refuses_other_texts_and_says_where) {
    const std::string good = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    expect_refused("", "byte 0: a UUID has 36 characters");
    expect_refused(good.substr(1), "byte 35: a UUID has 36 characters");
    expect_refused(good + "0", "byte 36: a UUID has 36 characters");
    expect_refused("{" + good + "}", "36 characters");
    expect_refused("017f22e279b07cc398c4dc0c0c07398f", "36 characters");
    expect_refused("017f22e2079b0-7cc3-98c4-dc0c0c07398f", "byte 8: a hyphen belongs here");
    expect_refused("017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "byte 35: a hexadecimal digit");
    expect_refused("-17f22e2-79b0-7cc3-98c4-dc0c0c07398f", "byte 0: a hexadecimal digit");
    expect_refused(std::string(std::size_t{1} << 20, '0'), "36 characters");
}

TEST(event_id, accepts_no_other_byte_than_hexadecimal_digits) {
    constexpr std::string_view digits = "0123456789abcdefABCDEF";
    std::string text = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    for (int byte = 0; byte < 256; ++byte) {
        text[20] = static_cast<char>(byte);
        EXPECT_EQ(event_id::parse(text).has_value(),
                  digits.find(text[20]) != std::string_view::npos)
            << byte;
    }
}

TEST(event_id, sorts_as_its_text_does) {
    const event_id early = event_id::from_parts(1000, 0xFFF, ~std::uint64_t{0});
    const event_id late = event_id::from_parts(1001, 0, 0);
    EXPECT_LT(early, late);
    EXPECT_LT(early.to_string(), late.to_string());
    std::mt19937_64 random(11);
    for (int i = 0; i < 1000; ++i) {
        const event_id left = event_id::from_words(random() % 3, random());
        const event_id right = event_id::from_words(random() % 3, random());
        EXPECT_EQ(left < right, left.to_string() < right.to_string());
    }
}

TEST(event_id, hashes_ids_of_one_millisecond_apart) {
    std::unordered_set<std::size_t> low_bits;
    for (std::uint64_t ticket = 0; ticket < 4096; ++ticket) {
        low_bits.insert(std::hash<event_id>{}(event_id::from_parts(1000, 0, ticket)) % 4096);
    }
    EXPECT_GT(low_bits.size(), 2300U);  // a random function fills 63 % of 4096, that is 2589
}
