// SPDX-License-Identifier: MIT
#include <stentor/event/cbor_reader.hpp>

#include "event/cbor_bytes.hpp"
#include "event/codec_text.hpp"
#include "event/text_excerpt.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

// The grammar and the errors. Single values are in cbor_scalars.cpp, what holds other values is in
// cbor_objects.cpp.

namespace stentor::inline v0::detail {

cbor_reader::cbor_reader(std::string_view bytes, const cbor_read_options& options,
                         cbor_scratch& scratch) noexcept
    : begin_(bytes.data()),
      at_(begin_),
      end_(begin_ + bytes.size()),
      scratch_(scratch),
      depth_left_(std::min(options.depth_max, cbor_depth_limit)),
      options_(options) {}

// Errors

bool cbor_reader::fail(codec_errc code, const char* at, std::string expected, std::string found) {
    error_ = {
        code, static_cast<std::size_t>(at - begin_), {}, std::move(expected), std::move(found)};
    return false;
}

bool cbor_reader::fail_end(std::string expected) {
    return fail(codec_errc::truncated, end_, std::move(expected), "the end of the bytes");
}

// A value was wanted, and another one is there.
bool cbor_reader::fail_expected(const cbor_head& head, std::string expected) {
    return fail(codec_errc::wrong_type, head.start, std::move(expected), describe(head));
}

bool cbor_reader::in_field(std::string_view name) {
    prepend_step(error_.path, name);
    return false;
}
bool cbor_reader::in_element(std::size_t index) {
    prepend_step(error_.path, path_step(index));
    return false;
}
bool cbor_reader::in_entry(const cbor_key& name) {
    cbor_key again = name;
    if (name.joined) {  // what it showed has been written over; it was read once, so it can be
        at_ = name.at;
        static_cast<void>(read_key(again));
    }
    const bool is_text = name.major == cbor_major::text || name.major == cbor_major::bytes;
    prepend_step(error_.path, is_text ? path_step(again.text) : in_brackets(describe(name)));
    return false;
}

// Grammar

bool cbor_reader::take(std::string_view bytes) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < bytes.size() ||
        std::memcmp(at_, bytes.data(), bytes.size()) != 0) {
        return false;
    }
    at_ += bytes.size();
    return true;
}

bool cbor_reader::at_end() {
    return at_ == end_ ||
           fail(codec_errc::malformed, at_, "the end of the bytes", quoted_byte(*at_));
}

// One initial byte with its argument.
bool cbor_reader::scan_head(cbor_head& head) {
    if (at_ == end_) {
        return fail_end("a value");
    }
    const auto first = static_cast<unsigned char>(*at_);
    head.major = static_cast<cbor_major>(first >> 5);
    head.info = first & 0x1F;
    head.value = head.info;
    if (head.info < 24) {
        ++at_;
        return true;
    }
    const bool may_be_open = (head.major >= cbor_major::bytes && head.major != cbor_major::tag);
    if (head.info > 27) {
        if (head.info != open_ended || !may_be_open) {
            return fail(codec_errc::malformed, at_, "a value", quoted_byte(*at_));
        }
        ++at_;
        return true;
    }
    const std::size_t size = std::size_t{1} << (head.info - 24);
    if (static_cast<std::size_t>(end_ - at_) <= size) {
        return fail_end("the rest of a number of " + std::to_string(size) + " bytes");
    }
    head.value = 0;
    for (std::size_t at = 1; at <= size; ++at) {
        head.value = (head.value << 8) | static_cast<unsigned char>(at_[at]);
    }
    if (head.major == cbor_major::simple && head.info == 24 && head.value < 32) {
        return fail(codec_errc::malformed, at_, "a simple value above 31 behind 0xf8",
                    quoted_byte(at_[1]));
    }
    at_ += 1 + size;
    return true;
}

// The head of a value, behind its tags.
bool cbor_reader::read_head(cbor_head& head) {
    head.start = at_;
    head.tagged = false;
    while (scan_head(head)) {
        if (head.major == cbor_major::simple && head.info == open_ended) {
            return fail(codec_errc::malformed, at_ - 1, "a value", "a break");
        }
        if (head.major != cbor_major::tag) {
            return true;
        }
        head.tag = head.value;
        head.tagged = true;
    }
    return false;
}

bool cbor_reader::peek_head(cbor_head& head) {
    const char* const start = at_;
    const bool ok = read_head(head);
    at_ = start;
    return ok;
}

// So many bytes of a text or a byte string.
bool cbor_reader::scan_part(const cbor_head& head, std::string_view& out) {
    const bool is_text = head.major == cbor_major::text;
    if (head.value > static_cast<std::size_t>(end_ - at_)) {
        return fail_end(std::string(is_text ? "a text of " : "a byte string of ") +
                        std::to_string(head.value) + " bytes");
    }
    out = {at_, static_cast<std::size_t>(head.value)};
    const std::size_t wrong = is_text ? find_invalid_utf8(out) : out.npos;
    if (wrong != out.npos) {
        return fail(codec_errc::invalid_utf8, at_ + wrong, "UTF-8", quoted_byte(out[wrong]));
    }
    at_ += out.size();
    return true;
}

// A text or a byte string behind its head; when it comes in parts, `out` lasts to the next one.
bool cbor_reader::scan_string(const cbor_head& head, std::string_view& out) {
    if (head.info != open_ended) {
        return scan_part(head, out);
    }
    std::string& joined = scratch_.text;
    joined.clear();
    for (;;) {
        if (at_ != end_ && *at_ == break_byte) {
            ++at_;
            out = joined;
            return true;
        }
        const char* const start = at_;
        cbor_head part;
        if (!scan_head(part)) {
            return false;
        }
        if (part.major != head.major || part.info == open_ended) {
            return fail(codec_errc::malformed, start,
                        head.major == cbor_major::text ? "a part of a text, or a break"
                                                       : "a part of a byte string, or a break",
                        quoted_byte(*start));
        }
        if (!scan_part(part, out)) {
            return false;
        }
        joined += out;
    }
}

// The whole document

result<void, codec_error> read_cbor_document(std::span<const std::byte> bytes,
                                             const cbor_read_options& options,
                                             cbor_reader::element_reader read, void* into) {
    const auto run = [&]() -> result<void, codec_error> {
        if (bytes.size() > options.bytes_max) {
            return unexpected(codec_error{codec_errc::too_large,
                                          options.bytes_max,
                                          {},
                                          "at most " + std::to_string(options.bytes_max) + " bytes",
                                          std::to_string(bytes.size()) + " bytes"});
        }
        cbor_scratch scratch;
        cbor_reader reader({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, options,
                           scratch);
        if (!read(reader, into, 0) || !reader.at_end()) {
            return unexpected(reader.take_error());
        }
        return {};
    };
#if defined(__cpp_exceptions)
    try {
        return run();
    } catch (const std::bad_alloc&) {
        return unexpected(codec_error{.code = codec_errc::no_memory});
    }
#else
    return run();
#endif
}

}  // namespace stentor::inline v0::detail
