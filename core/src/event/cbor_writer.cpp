// SPDX-License-Identifier: MIT
#include <stentor/event/cbor_writer.hpp>

#include "event/cbor_bytes.hpp"
#include "event/codec_text.hpp"
#include "event/other_format.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/cbor_reader.hpp>
#include <stentor/event/unknown_fields.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>
#include <utility>

namespace stentor::inline v0::detail {
namespace {

constexpr std::size_t head_size_max = 9;
constexpr std::size_t first_cbor_room = 512;

unsigned number_of(cbor_major major) noexcept {
    return static_cast<unsigned>(major);
}

}  // namespace

bool to_half(float value, std::uint16_t& bits) noexcept {
    const auto whole = std::bit_cast<std::uint32_t>(value);
    const auto sign = (whole >> 16) & 0x8000U;
    const auto exponent = static_cast<int>((whole >> 23) & 0xFF) - 127;
    const auto mantissa = whole & 0x7F'FFFFU;
    const auto set = [&](std::uint32_t low) {
        bits = static_cast<std::uint16_t>(sign | low);
        return true;
    };
    if (exponent == 128 && mantissa == 0) {
        return set(0x7C00);
    }
    if (exponent == -127) {
        return mantissa == 0 && set(0);
    }
    if (exponent >= -14 && exponent <= 15) {
        const auto biased = static_cast<std::uint32_t>(exponent + 15);
        return (mantissa & 0x1FFF) == 0 && set((biased << 10) | (mantissa >> 13));
    }
    if (exponent >= -24 && exponent < -14) {  // smaller than the smallest with a full mantissa
        const std::uint32_t full = mantissa | 0x80'0000U;
        const int shift = -1 - exponent;
        return (full & ((1U << shift) - 1)) == 0 && set(full >> shift);
    }
    return false;
}

cbor_writer::cbor_writer(std::vector<std::byte>& out, const cbor_write_options& options) noexcept
    : out_(out),
      base_(out.size()),
      at_(out.data() + out.size()),
      end_(at_),
      depth_left_(std::min(options.depth_max, cbor_depth_limit)),
      options_(options) {}

std::size_t cbor_writer::written() const noexcept {
    return static_cast<std::size_t>(at_ - out_.data()) - base_;
}

bool cbor_writer::fail(codec_errc code, std::string expected, std::string found) {
    error_ = {code, written(), {}, std::move(expected), std::move(found)};
    return false;
}

bool cbor_writer::in_field(std::string_view name) {
    prepend_step(error_.path, name);
    return false;
}
bool cbor_writer::in_entry(std::string_view name) {
    prepend_step(error_.path, path_step(name));
    return false;
}
bool cbor_writer::in_element(std::size_t index) {
    prepend_step(error_.path, path_step(index));
    return false;
}

bool cbor_writer::fail_valueless() {
    return fail(codec_errc::out_of_range, "a variant with a value",
                "one that an exception emptied");
}

// The vector is grown step by step, because every new byte is set to zero first.
bool cbor_writer::grow(std::size_t size) {
    const std::size_t used = written();
    const bool is_long = size > head_size_max && size - head_size_max > options_.bytes_max;
    if (is_long || used > options_.bytes_max) {
        return fail(codec_errc::too_large,
                    "at most " + std::to_string(options_.bytes_max) + " bytes", "more");
    }
    const std::size_t room = std::max({first_cbor_room, used, size});
    out_.resize(base_ + used + room);
    at_ = out_.data() + base_ + used;
    end_ = at_ + room;
    return true;
}

bool cbor_writer::put(std::string_view bytes) {
    if (!ensure(bytes.size())) {
        return false;
    }
    if (!bytes.empty()) {
        std::memcpy(at_, bytes.data(), bytes.size());
        at_ += bytes.size();
    }
    return true;
}

// A first byte, and the last bytes of a value, the highest of them first.
bool cbor_writer::put_fixed(unsigned first, std::uint64_t value, std::size_t size) {
    if (!ensure(head_size_max)) {
        return false;
    }
    *at_++ = static_cast<std::byte>(first);
    for (std::size_t left = size; left > 0; --left) {
        *at_++ = static_cast<std::byte>(value >> (8 * (left - 1)));
    }
    return true;
}

bool cbor_writer::put_head(cbor_major major, std::uint64_t value) {
    const unsigned first = number_of(major) << 5;
    if (value < 24) {
        return put_fixed(first | static_cast<unsigned>(value), 0, 0);
    }
    const unsigned power = value < 0x100 ? 0 : value < 0x1'0000 ? 1 : value < 0x1'0000'0000 ? 2 : 3;
    return put_fixed(first | (24 + power), value, std::size_t{1} << power);
}

bool cbor_writer::enter() {
    if (depth_left_ <= 0) {
        return fail(codec_errc::too_deep,
                    "at most " + std::to_string(std::min(options_.depth_max, cbor_depth_limit)) +
                        " objects and lists within each other",
                    "one more");
    }
    --depth_left_;
    return true;
}

bool cbor_writer::open_list(std::size_t count) {
    return enter() && put_head(cbor_major::list, count);
}
bool cbor_writer::open_map(std::size_t count) {
    return enter() && put_head(cbor_major::object, count);
}

bool cbor_writer::write_signed(std::int64_t value) {
    return value >= 0 ? put_head(cbor_major::natural, static_cast<std::uint64_t>(value))
                      : put_head(cbor_major::negative, ~static_cast<std::uint64_t>(value));
}

bool cbor_writer::write_unsigned(std::uint64_t value) {
    return put_head(cbor_major::natural, value);
}

bool cbor_writer::write_number(double value) {
    const bool in_range =
        !std::isfinite(value) || std::abs(value) <= std::numeric_limits<float>::max();
    const float single = in_range ? static_cast<float>(value) : 0;
    if (std::isnan(value) || single == value) {
        return write_number(single);
    }
    return put_fixed(number_of(cbor_major::simple) << 5 | float_64,
                     std::bit_cast<std::uint64_t>(value), sizeof value);
}

bool cbor_writer::write_number(float value) {
    constexpr std::uint16_t nan = 0x7E00;  // one for all
    std::uint16_t half = nan;
    if (std::isnan(value) || to_half(value, half)) {
        return put_fixed(number_of(cbor_major::simple) << 5 | float_16, half, sizeof half);
    }
    return put_fixed(number_of(cbor_major::simple) << 5 | float_32,
                     std::bit_cast<std::uint32_t>(value), sizeof value);
}

bool cbor_writer::write_text(std::string_view value) {
    const std::size_t wrong = find_invalid_utf8(value);
    if (wrong != value.npos) {
        return fail(codec_errc::invalid_utf8, "UTF-8",
                    quoted_byte(value[wrong]) + " at " + std::to_string(wrong) + " of " +
                        quoted_excerpt(value, wrong));
    }
    return put_head(cbor_major::text, value.size()) && put(value);
}

bool cbor_writer::write_enum(std::int64_t value, std::span<const enum_name> names) {
    for (const enum_name& one : names) {
        if (one.value == value) {
            return put_head(cbor_major::text, one.name.size()) && put(one.name);
        }
    }
    return fail(codec_errc::unknown_name, "an enumerator that STENTOR_ENUM names",
                "the value " + std::to_string(value));
}

bool cbor_writer::write_moment(std::int64_t ticks, tick_unit unit) {
    char text[moment_size_max];
    const std::size_t size = format_moment(ticks, unit.num, unit.den, text);
    if (size == 0) {
        return fail(codec_errc::out_of_range, "a moment in the years 0000 to 9999",
                    std::to_string(ticks) + " ticks since 1970");
    }
    return put_head(cbor_major::tag, tag_moment) && put_head(cbor_major::text, size) &&
           put({text, size});
}

bool cbor_writer::write_fields(const cbor_fields& fields, const void* object) {
    const auto* const end = fields.rows + fields.count;
    std::vector<std::byte> converted;
    std::string_view kept;
    auto count =
        static_cast<std::size_t>(std::count_if(fields.rows, end, [object](const cbor_field& row) {
            return row.absent == nullptr || !row.absent(object);
        }));
    if (fields.unknown != nullptr) {
        // It is only read here.
        const unknown_fields& unknown = *fields.unknown(const_cast<void*>(object));
        if (!unknown.empty() && !find_unknown(fields, unknown, converted, kept, count)) {
            return false;
        }
    }
    if (!open_map(count)) {
        return false;
    }
    for (const cbor_field* row = fields.rows; row != end; ++row) {
        if (row->absent != nullptr && row->absent(object)) {
            continue;
        }
        if (!put(row->spelled) || !row->write(*this, object)) {
            return in_field(row->name());
        }
    }
    return put(kept) && close();
}

bool cbor_writer::find_unknown(const cbor_fields& fields, const unknown_fields& unknown,
                               std::vector<std::byte>& converted, std::string_view& kept,
                               std::size_t& count) {
    codec_error why;
    kept = unknown.kept_;
    if (!unknown.is_cbor_) {
        if (!json_fields_as_cbor(unknown.kept_, converted, why)) {
            fail(why.code, std::move(why.expected), std::move(why.found));
            error_.path = std::move(why.path);
            return false;
        }
        kept = {reinterpret_cast<const char*>(converted.data()), converted.size()};
    }
    std::optional<std::string> known;  // the member may have been filled by another type
    count += cbor_reader::count_fields(kept, fields, known);
    return !known || fail(codec_errc::duplicate_name, "unknown fields that the type does not know",
                          std::move(*known));
}

bool cbor_writer::write_alternative(const cbor_alternative& alternative, const void* variant) {
    if (alternative.form != value_form::object) {
        return alternative.write(*this, variant);
    }
    if (!open_map(1) || !put_head(cbor_major::text, alternative.name.size()) ||
        !put(alternative.name)) {
        return false;
    }
    return alternative.write(*this, variant) ? close() : in_field(alternative.name);
}

bool cbor_writer::finish() {
    const std::size_t used = written();
    if (used > options_.bytes_max) {
        return fail(codec_errc::too_large,
                    "at most " + std::to_string(options_.bytes_max) + " bytes",
                    std::to_string(used) + " bytes");
    }
    out_.resize(base_ + used);
    return true;
}

void cbor_writer::undo() {
    out_.resize(base_);
}

result<void, codec_error> write_cbor_document(std::vector<std::byte>& out,
                                              const cbor_write_options& options,
                                              bool (*write)(cbor_writer& writer, const void* value),
                                              const void* value) {
    cbor_writer writer(out, options);
    const auto run = [&]() -> result<void, codec_error> {
        if (!write(writer, value) || !writer.finish()) {
            writer.undo();
            return unexpected(writer.take_error());
        }
        return {};
    };
#if defined(__cpp_exceptions)
    try {
        return run();
    } catch (const std::bad_alloc&) {
        writer.undo();
    } catch (const std::length_error&) {  // longer than any vector can be
        writer.undo();
    }
    return unexpected(codec_error{.code = codec_errc::no_memory});
#else
    return run();
#endif
}

}  // namespace stentor::inline v0::detail
