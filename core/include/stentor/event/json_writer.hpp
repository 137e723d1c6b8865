// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/result.hpp>
#include <stentor/event/codec_error.hpp>
#include <stentor/event/fields.hpp>
#include <stentor/event/json_options.hpp>
#include <stentor/event/json_table.hpp>
#include <stentor/export.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// Writes objects as JSON without white space, behind what a string has already. For
// codec_value.hpp, not for users: they call to_json() and append_json().
//
// Every write_... returns false when it has recorded an error. Lists and objects are written with a
// comma behind each element, whose last one the closing bracket replaces.
//
// Threads: one thread. Progress: allocates when the string has to grow, to twice its size.

namespace stentor::inline v0::detail {

class STENTOR_EXPORT json_writer {
public:
    using format = json_format;

    json_writer(std::string& out, const json_write_options& options) noexcept;

    [[nodiscard]] bool write_null() { return put("null"); }
    [[nodiscard]] bool write_bool(bool value) { return put(value ? "true" : "false"); }
    [[nodiscard]] bool write_signed(std::int64_t value);
    [[nodiscard]] bool write_unsigned(std::uint64_t value);
    [[nodiscard]] bool write_number(double value);
    [[nodiscard]] bool write_number(float value);
    [[nodiscard]] bool write_text(std::string_view value);
    [[nodiscard]] bool write_enum(std::int64_t value, std::span<const enum_name> names);
    [[nodiscard]] bool write_moment(std::int64_t ticks, tick_unit unit);
    // JSON that the caller has checked.
    [[nodiscard]] bool write_raw(std::string_view json) { return put(json); }

    [[nodiscard]] bool write_fields(const json_fields& fields, const void* object);
    [[nodiscard]] bool write_alternative(const json_alternative& alternative, const void* variant);

    [[nodiscard]] bool open_list(std::size_t /*count*/) { return open('['); }
    [[nodiscard]] bool open_map(std::size_t /*count*/) { return open('{'); }
    [[nodiscard]] bool close_list() { return close(']'); }
    [[nodiscard]] bool close_map() { return close('}'); }
    [[nodiscard]] bool next() { return put(","); }
    // Those whose number of elements nobody knows yet.
    [[nodiscard]] bool open_endless_list() { return open('['); }
    [[nodiscard]] bool open_endless_map() { return open('{'); }
    [[nodiscard]] bool close_endless_list() { return close(']'); }
    [[nodiscard]] bool close_endless_map() { return close('}'); }
    // Entries of maps whose keys are no texts.
    [[nodiscard]] bool write_signed_name(std::int64_t name);
    [[nodiscard]] bool write_unsigned_name(std::uint64_t name);
    [[nodiscard]] bool name_written() { return put(":"); }

    // Where an error happened, innermost first. All return false.
    bool in_element(std::size_t index);
    bool in_entry(std::string_view name);
    bool fail_valueless();
    // For faults that only the caller can see. Returns false.
    bool refuse(codec_error why);

    [[nodiscard]] bool finish();
    void undo();
    [[nodiscard]] codec_error take_error() noexcept { return static_cast<codec_error&&>(error_); }

private:
    [[nodiscard]] bool put(std::string_view text);
    [[nodiscard]] bool open(char c);
    [[nodiscard]] bool close(char c);
    // Room for so many bytes more.
    [[nodiscard]] bool ensure(std::size_t size) {
        return static_cast<std::size_t>(end_ - at_) >= size || grow(size);
    }
    [[nodiscard]] bool grow(std::size_t size);
    [[nodiscard]] bool write_unknown(const json_fields& fields, const void* object);
    [[nodiscard]] bool write_escaped(std::string_view value, const char* at);
    template <class Float>
    [[nodiscard]] STENTOR_NO_EXPORT bool write_float(Float value);
    [[nodiscard]] std::size_t written() const noexcept;
    bool fail(codec_errc code, std::string expected, std::string found);
    bool in_field(std::string_view name);

    std::string& out_;
    std::size_t base_;  // what the string had before
    char* at_;
    char* end_;
    std::int32_t depth_left_;
    const json_write_options& options_;
    codec_error error_;
};

// Appends one value. After an error the string is as it was.
STENTOR_EXPORT result<void, codec_error> write_json_document(
    std::string& out, const json_write_options& options,
    bool (*write)(json_writer& writer, const void* value), const void* value);

}  // namespace stentor::inline v0::detail
