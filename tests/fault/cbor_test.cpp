// SPDX-License-Identifier: MIT
#include <stentor/event/cbor.hpp>

#include "allocation.hpp"
#include "fail_each.hpp"
#include "support/described.hpp"
#include "support/hex_bytes.hpp"
#include "support/random_value.hpp"
#include <stentor/event/json.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace stentor::fault {

TEST(cbor_without_memory, is_an_error_and_leaves_the_vector_alone) {
    described::random_values random(7);
    const auto value = random.next<described::whole>();
    const std::vector<std::byte> before = described::from_hex("cafe");
    const std::uint64_t written = fail_each([&] {
        std::vector<std::byte> out;
        try {
            out = before;
        } catch (const std::bad_alloc&) {
            return false;
        }
        auto done = append_cbor(out, value);
        const bool kept = done || (out == before && done.error().code == codec_errc::no_memory);
        return done || !kept;
    });
    EXPECT_GT(written, 1);

    const std::vector<std::byte> bytes = to_cbor(value).value();
    const std::uint64_t read = fail_each([&] {
        const auto done = from_cbor<described::whole>(bytes);
        return done || done.error().code != codec_errc::no_memory;
    });
    EXPECT_GT(read, 10);
}

TEST(cbor_without_memory, keeps_unknown_fields_or_says_so) {
    // {"a": [{"b": "x" and 30 more, in parts}], (_ "c"): 1}
    const auto bytes = described::from_hex(
        "a26161 81 a16162 7f 6178 781e "
        "202020202020202020202020202020202020202020202020202020202020 ff"
        "7f6163ff 01");
    const std::uint64_t read = fail_each([&] {
        const auto done = from_cbor<described::anything>(bytes);
        return done || done.error().code != codec_errc::no_memory;
    });
    EXPECT_GT(read, 2);
    const auto event = from_cbor<described::anything>(bytes).value();
    const std::uint64_t written = fail_each([&] {
        const auto done = to_json(event);
        return done || done.error().code != codec_errc::no_memory;
    });
    EXPECT_GT(written, 2);
    const auto other = from_json<described::anything>(to_json(event).value()).value();
    const std::uint64_t again = fail_each([&] {
        const auto done = to_cbor(other);
        return done || done.error().code != codec_errc::no_memory;
    });
    EXPECT_GT(again, 2);
}

}  // namespace stentor::fault
