// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/cbor_options.hpp>
#include <stentor/event/cbor_table.hpp>
#include <stentor/event/codec_error.hpp>
#include <stentor/event/fields.hpp>
#include <stentor/export.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Writes objects as CBOR behind what a vector has already: everything in its shortest form, with
// lengths that are known in advance. For codec_value.hpp, not for users: they call to_cbor() and
// append_cbor().
//
// Every write_... returns false when it has recorded an error.
//
// Threads: one thread. Progress: allocates when the vector has to grow, to twice its size.

namespace stentor::inline v0 {
class unknown_fields;

namespace detail {

enum class cbor_major : std::uint8_t;

class STENTOR_EXPORT cbor_writer {
public:
    using format = cbor_format;

    cbor_writer(std::vector<std::byte>& out, const cbor_write_options& options) noexcept;

    [[nodiscard]] bool write_null() { return put("\xf6"); }
    [[nodiscard]] bool write_bool(bool value) { return put(value ? "\xf5" : "\xf4"); }
    [[nodiscard]] bool write_signed(std::int64_t value);
    [[nodiscard]] bool write_unsigned(std::uint64_t value);
    [[nodiscard]] bool write_number(double value);
    [[nodiscard]] bool write_number(float value);
    [[nodiscard]] bool write_text(std::string_view value);
    [[nodiscard]] bool write_enum(std::int64_t value, std::span<const enum_name> names);
    [[nodiscard]] bool write_moment(std::int64_t ticks, tick_unit unit);

    [[nodiscard]] bool write_fields(const cbor_fields& fields, const void* object);
    [[nodiscard]] bool write_alternative(const cbor_alternative& alternative, const void* variant);

    [[nodiscard]] bool open_list(std::size_t count);
    [[nodiscard]] bool open_map(std::size_t count);
    [[nodiscard]] bool close_list() noexcept { return close(); }
    [[nodiscard]] bool close_map() noexcept { return close(); }
    // Those whose number of elements nobody knows yet.
    [[nodiscard]] bool open_endless_list() { return enter() && put("\x9f"); }
    [[nodiscard]] bool open_endless_map() { return enter() && put("\xbf"); }
    [[nodiscard]] bool close_endless_list() { return close() && put("\xff"); }
    [[nodiscard]] bool close_endless_map() { return close() && put("\xff"); }
    // Nothing stands between values.
    [[nodiscard]] static bool next() noexcept { return true; }
    [[nodiscard]] bool write_signed_name(std::int64_t name) { return write_signed(name); }
    [[nodiscard]] bool write_unsigned_name(std::uint64_t name) { return write_unsigned(name); }
    [[nodiscard]] static bool name_written() noexcept { return true; }

    // Where an error happened, innermost first. All return false.
    bool in_element(std::size_t index);
    bool in_entry(std::string_view name);
    bool fail_valueless();

    [[nodiscard]] bool finish();
    void undo();
    [[nodiscard]] codec_error take_error() noexcept { return static_cast<codec_error&&>(error_); }

private:
    [[nodiscard]] bool put(std::string_view bytes);
    [[nodiscard]] bool put_head(cbor_major major, std::uint64_t value);
    [[nodiscard]] bool put_fixed(unsigned first, std::uint64_t value, std::size_t size);
    [[nodiscard]] bool enter();
    [[nodiscard]] bool close() noexcept {
        ++depth_left_;
        return true;
    }
    // Room for so many bytes more.
    [[nodiscard]] bool ensure(std::size_t size) {
        return static_cast<std::size_t>(end_ - at_) >= size || grow(size);
    }
    [[nodiscard]] bool grow(std::size_t size);
    [[nodiscard]] bool find_unknown(const cbor_fields& fields, const unknown_fields& unknown,
                                    std::vector<std::byte>& converted, std::string_view& kept,
                                    std::size_t& count);
    [[nodiscard]] std::size_t written() const noexcept;
    bool fail(codec_errc code, std::string expected, std::string found);
    bool in_field(std::string_view name);

    std::vector<std::byte>& out_;
    std::size_t base_;  // what the vector had before
    std::byte* at_;
    std::byte* end_;
    std::int32_t depth_left_;
    const cbor_write_options& options_;
    codec_error error_;
};

// Appends one value. After an error the vector is as it was.
STENTOR_EXPORT result<void, codec_error> write_cbor_document(
    std::vector<std::byte>& out, const cbor_write_options& options,
    bool (*write)(cbor_writer& writer, const void* value), const void* value);

}  // namespace detail
}  // namespace stentor::inline v0
