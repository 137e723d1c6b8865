// SPDX-License-Identifier: MIT
#include <stentor/event/json_writer.hpp>

#include "event/codec_text.hpp"
#include "event/json_text.hpp"
#include "event/other_format.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/json_reader.hpp>
#include <stentor/event/unknown_fields.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

namespace stentor::inline v0::detail {
namespace {

constexpr std::size_t number_size_max = 32;
constexpr std::size_t first_json_room = 512;

}  // namespace

json_writer::json_writer(std::string& out, const json_write_options& options) noexcept
    : out_(out),
      base_(out.size()),
      at_(out.data() + out.size()),
      end_(at_),
      depth_left_(std::min(options.depth_max, json_depth_limit)),
      options_(options) {}

std::size_t json_writer::written() const noexcept {
    return static_cast<std::size_t>(at_ - out_.data()) - base_;
}

bool json_writer::fail(codec_errc code, std::string expected, std::string found) {
    error_ = {code, written(), {}, std::move(expected), std::move(found)};
    return false;
}

bool json_writer::in_field(std::string_view name) {
    prepend_step(error_.path, name);
    return false;
}
bool json_writer::in_entry(std::string_view name) {
    prepend_step(error_.path, path_step(name));
    return false;
}
bool json_writer::in_element(std::size_t index) {
    prepend_step(error_.path, path_step(index));
    return false;
}

bool json_writer::refuse(codec_error why) {
    error_ = std::move(why);
    error_.offset = written();
    return false;
}

bool json_writer::fail_valueless() {
    return fail(codec_errc::out_of_range, "a variant with a value",
                "one that an exception emptied");
}

// The string is grown step by step, because every new byte is set to zero first.
bool json_writer::grow(std::size_t size) {
    const std::size_t used = written();
    const bool is_long = size > number_size_max && size - number_size_max > options_.bytes_max;
    if (is_long || used > options_.bytes_max) {
        return fail(codec_errc::too_large,
                    "at most " + std::to_string(options_.bytes_max) + " bytes", "more");
    }
    const std::size_t room = std::max({first_json_room, used, size});
    out_.resize(base_ + used + room);
    at_ = out_.data() + base_ + used;
    end_ = at_ + room;
    return true;
}

bool json_writer::put(std::string_view text) {
    if (!ensure(text.size())) {
        return false;
    }
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return true;
}

bool json_writer::open(char c) {
    if (depth_left_ <= 0) {
        return fail(codec_errc::too_deep,
                    "at most " + std::to_string(std::min(options_.depth_max, json_depth_limit)) +
                        " objects and lists within each other",
                    "one more");
    }
    --depth_left_;
    return put({&c, 1});
}

// Instead of the comma behind the last element, or behind the opening bracket.
bool json_writer::close(char c) {
    ++depth_left_;
    if (at_[-1] == ',') {
        at_[-1] = c;
        return true;
    }
    return put({&c, 1});
}

bool json_writer::write_signed(std::int64_t value) {
    if (!ensure(number_size_max)) {
        return false;
    }
    at_ = std::to_chars(at_, end_, value).ptr;
    return true;
}

bool json_writer::write_unsigned(std::uint64_t value) {
    if (!ensure(number_size_max)) {
        return false;
    }
    at_ = std::to_chars(at_, end_, value).ptr;
    return true;
}

bool json_writer::write_signed_name(std::int64_t name) {
    return put("\"") && write_signed(name) && put("\"");
}
bool json_writer::write_unsigned_name(std::uint64_t name) {
    return put("\"") && write_unsigned(name) && put("\"");
}

template <class Float>
bool json_writer::write_float(Float value) {
    if (!std::isfinite(value)) {
        return fail(codec_errc::out_of_range, "a finite number, for JSON has no other",
                    std::isnan(value) ? "nan" : "infinity");
    }
    if (!ensure(number_size_max)) {
        return false;
    }
    at_ = std::to_chars(at_, end_, value).ptr;  // the shortest that reads back as the same
    return true;
}

bool json_writer::write_number(double value) {
    return write_float(value);
}
bool json_writer::write_number(float value) {
    return write_float(value);
}

bool json_writer::write_text(std::string_view value) {
    if (!ensure(value.size() + 2)) {
        return false;
    }
    const char* const begin = value.data();
    const char* const end = begin + value.size();
    const char* const stop = skip_plain(begin, end);
    *at_++ = '"';
    std::memcpy(at_, begin, static_cast<std::size_t>(stop - begin));
    at_ += stop - begin;
    if (stop != end && !write_escaped(value, stop)) {
        return false;
    }
    return put("\"");
}

// The rest of a text, from its first byte that does not stand for itself.
bool json_writer::write_escaped(std::string_view value, const char* at) {
    const char* const end = value.data() + value.size();
    while (at != end) {
        const char* const start = at;
        at = skip_plain(at, end);
        while (at != end && (static_cast<unsigned char>(*at) & 0x80) != 0) {
            const std::size_t length = utf8_length(at, end);
            if (length == 0) {
                return fail(codec_errc::invalid_utf8, "UTF-8",
                            quoted_byte(*at) + " at " + std::to_string(at - value.data()) + " of " +
                                quoted_excerpt(value, static_cast<std::size_t>(at - value.data())));
            }
            at += length;
        }
        if (!put({start, static_cast<std::size_t>(at - start)})) {
            return false;
        }
        if (at == end || is_plain(*at) || (static_cast<unsigned char>(*at) & 0x80) != 0) {
            continue;
        }
        constexpr std::string_view shorts = "\"\"\\\\\bb\ff\nn\rr\tt";
        constexpr std::string_view digits = "0123456789abcdef";
        char escape[] = {'\\', 'u', '0', '0', '0', '0'};
        std::size_t size = sizeof escape;
        escape[4] = digits[static_cast<unsigned char>(*at) >> 4];
        escape[5] = digits[static_cast<unsigned char>(*at) & 0xF];
        for (std::size_t pair = 0; pair < shorts.size(); pair += 2) {
            if (shorts[pair] == *at) {
                escape[1] = shorts[pair + 1];
                size = 2;
            }
        }
        if (!put({escape, size})) {
            return false;
        }
        ++at;
    }
    return true;
}

bool json_writer::write_enum(std::int64_t value, std::span<const enum_name> names) {
    for (const enum_name& one : names) {
        if (one.value == value) {
            return put("\"") && put(one.name) && put("\"");
        }
    }
    return fail(codec_errc::unknown_name, "an enumerator that STENTOR_ENUM names",
                "the value " + std::to_string(value));
}

bool json_writer::write_moment(std::int64_t ticks, tick_unit unit) {
    if (!ensure(moment_size_max)) {
        return false;
    }
    const std::size_t size = format_moment(ticks, unit.num, unit.den, at_ + 1);
    if (size == 0) {
        return fail(codec_errc::out_of_range, "a moment in the years 0000 to 9999",
                    std::to_string(ticks) + " ticks since 1970");
    }
    *at_ = '"';
    at_[size + 1] = '"';
    at_ += size + 2;
    return true;
}

bool json_writer::write_fields(const json_fields& fields, const void* object) {
    if (!open('{')) {
        return false;
    }
    for (const json_field* row = fields.rows; row != fields.rows + fields.count; ++row) {
        if (row->absent != nullptr && row->absent(object)) {
            continue;
        }
        if (!put(row->spelled) || !row->write(*this, object) || !next()) {
            return in_field(row->name());
        }
    }
    if (fields.unknown != nullptr && !write_unknown(fields, object)) {
        return false;
    }
    return close('}');
}

bool json_writer::write_unknown(const json_fields& fields, const void* object) {
    // It is only read here.
    const unknown_fields& kept = *fields.unknown(const_cast<void*>(object));
    if (kept.empty()) {
        return true;
    }
    std::string name;  // the member may have been filled by another type, which did not know it
    std::string converted;
    codec_error why;
    if (kept.is_cbor_ && !cbor_fields_as_json(kept.kept_, converted, why)) {
        fail(why.code, std::move(why.expected), std::move(why.found));
        error_.path = std::move(why.path);
        return false;
    }
    const std::string_view text = kept.is_cbor_ ? std::string_view(converted) : kept.text();
    if (json_reader::names_one_of(text, fields, name)) {
        return fail(codec_errc::duplicate_name, "unknown fields that the type does not know",
                    quoted_excerpt(name, 0));
    }
    return put(text) && next();
}

bool json_writer::write_alternative(const json_alternative& alternative, const void* variant) {
    if (alternative.form != value_form::object) {
        return alternative.write(*this, variant);
    }
    if (!open('{') || !put("\"") || !put(alternative.name) || !put("\":")) {
        return false;
    }
    return alternative.write(*this, variant) ? close('}') : in_field(alternative.name);
}

bool json_writer::finish() {
    const std::size_t used = written();
    if (used > options_.bytes_max) {
        return fail(codec_errc::too_large,
                    "at most " + std::to_string(options_.bytes_max) + " bytes",
                    std::to_string(used) + " bytes");
    }
    out_.resize(base_ + used);
    return true;
}

void json_writer::undo() {
    out_.resize(base_);
}

result<void, codec_error> write_json_document(std::string& out, const json_write_options& options,
                                              bool (*write)(json_writer& writer, const void* value),
                                              const void* value) {
    json_writer writer(out, options);
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
    } catch (const std::length_error&) {  // longer than any string can be
        writer.undo();
    }
    return unexpected(codec_error{.code = codec_errc::no_memory});
#else
    return run();
#endif
}

}  // namespace stentor::inline v0::detail
