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

// Reads a JSON text (RFC 8259, UTF-8 without a byte order mark) straight into objects, without a
// tree in between. For codec_value.hpp, not for users: they call from_json().
//
// Every read_... returns false when it has recorded an error; each caller on the way out adds the
// piece of the path that it knows, so that a document without errors pays nothing for paths. No
// object may name anything twice, in parts that are skipped neither.
//
// Threads: one thread. Progress: recursion no deeper than json_depth_limit; time in proportion to
// the text, but for names that an object's type does not know, n log n of their number.

namespace stentor::inline v0::detail {

struct json_scratch;

class STENTOR_EXPORT json_reader {
public:
    using format = json_format;
    using name_type = std::string_view;
    using element_reader = bool (*)(json_reader& reader, void* into, std::size_t index);
    using entry_reader = bool (*)(json_reader& reader, void* into, std::string_view name);
    static constexpr std::size_t any_count = static_cast<std::size_t>(-1);

    json_reader(std::string_view text, const json_read_options& options,
                json_scratch& scratch) noexcept;

    [[nodiscard]] bool read_bool(bool& into);
    [[nodiscard]] bool read_signed(std::int64_t& into, std::int64_t min, std::int64_t max);
    [[nodiscard]] bool read_unsigned(std::uint64_t& into, std::uint64_t max);
    [[nodiscard]] bool read_number(double& into);
    [[nodiscard]] bool read_number(float& into);
    [[nodiscard]] bool read_text(std::string& into);
    [[nodiscard]] bool read_enum(std::int64_t& into, std::span<const enum_name> names);
    [[nodiscard]] bool read_moment(std::int64_t& ticks, tick_unit unit);
    [[nodiscard]] bool read_null();
    // Takes a `null` if there is one.
    [[nodiscard]] bool take_null() noexcept { return take("null"); }

    [[nodiscard]] bool read_fields(const json_fields& fields, void* object);
    [[nodiscard]] bool read_list(element_reader read, void* into, std::size_t count = any_count);
    [[nodiscard]] bool read_map(entry_reader read, void* into);
    // The same, and no name may come twice.
    [[nodiscard]] bool read_members(entry_reader read, void* into);
    [[nodiscard]] bool read_variant(const json_alternatives& alternatives, void* variant);
    // A value as it stands in the text, into which the view points.
    [[nodiscard]] bool read_raw(std::string_view& value);

    // For entry readers: the name as a key. `name` may be changed by the next read.
    [[nodiscard]] static bool name_to_text(std::string_view name, std::string& into) {
        into = name;
        return true;
    }
    [[nodiscard]] bool name_to_signed(std::string_view name, std::int64_t& into, std::int64_t min,
                                      std::int64_t max);
    [[nodiscard]] bool name_to_unsigned(std::string_view name, std::uint64_t& into,
                                        std::uint64_t max);
    [[nodiscard]] bool name_to_enum(std::string_view name, std::int64_t& into,
                                    std::span<const enum_name> names);
    [[nodiscard]] bool refuse_repeated(std::string_view name);

    // For values whose type nobody knows.
    [[nodiscard]] bool next_form(value_form& form);
    [[nodiscard]] bool read_any_number(any_number& into);

    // For faults that only the caller can see. refuse() returns false.
    [[nodiscard]] std::size_t offset() const noexcept {
        return static_cast<std::size_t>(at_ - begin_);
    }
    bool refuse(codec_error why) noexcept {
        error_ = static_cast<codec_error&&>(why);
        return false;
    }

    // After the value: nothing else may follow.
    [[nodiscard]] bool at_end();
    [[nodiscard]] codec_error take_error() noexcept { return static_cast<codec_error&&>(error_); }

    // Whether one of these kept fields has a name of the table.
    [[nodiscard]] static bool names_one_of(std::string_view kept, const json_fields& fields,
                                           std::string& name);

private:
    struct raw_text {
        std::string_view inside{};  // between the quotes, as it stands
        bool escaped = false;
    };

    bool fail(codec_errc code, const char* at, std::string expected, std::string found);
    bool fail_expected(const char* at, std::string expected);
    bool fail_syntax(const char* at, std::string expected);
    bool fail_integer(std::string range);
    bool fail_alternatives(const json_alternatives& alternatives);
    bool in_field(std::string_view name);
    bool in_entry(raw_text name);
    bool in_element(std::size_t index);
    [[nodiscard]] std::string describe(const char* at) const;

    void skip_space() noexcept;
    [[nodiscard]] bool is_next(char c) const noexcept { return at_ != end_ && *at_ == c; }
    [[nodiscard]] bool take(std::string_view word) noexcept;
    [[nodiscard]] bool open(char c, std::string_view expected);
    // After an element: true when another follows, false at the end and, not ok, after an error.
    [[nodiscard]] bool another(char closing, bool& ok);

    [[nodiscard]] bool scan_text(raw_text& out);
    [[nodiscard]] bool scan_escape(const char*& at);
    [[nodiscard]] bool scan_hex(const char* at, std::uint32_t& code);
    [[nodiscard]] bool scan_number(const char*& stop);
    [[nodiscard]] bool scan_digits(const char*& at);
    [[nodiscard]] bool scan_integer(std::uint64_t& magnitude, bool& negative, bool& fits) noexcept;
    [[nodiscard]] bool read_name(raw_text& name);
    [[nodiscard]] std::string_view decoded(raw_text text);
    template <class Float>
    [[nodiscard]] STENTOR_NO_EXPORT bool read_float(Float& into);

    [[nodiscard]] bool read_field(const json_fields& fields, std::size_t& next,
                                  std::span<std::uint64_t> seen, void* object);
    [[nodiscard]] bool read_unknown(const json_fields& fields, raw_text name, void* object);
    [[nodiscard]] bool check_missing(const json_fields& fields,
                                     std::span<const std::uint64_t> seen);
    [[nodiscard]] bool read_wrapped(const json_alternatives& alternatives, void* variant);
    [[nodiscard]] bool skip_value();
    [[nodiscard]] bool skip_object();
    void remember(raw_text name);
    [[nodiscard]] bool check_repeated(std::size_t mark);

    const char* begin_;
    const char* at_;
    const char* end_;
    const char* name_at_;  // of the last name, for what is wrong with it
    json_scratch& scratch_;
    std::int32_t depth_left_;
    const json_read_options& options_;
    codec_error error_;
};

// Reads the whole text as one value. Without memory this is an error as any other.
STENTOR_EXPORT result<void, codec_error> read_json_document(std::string_view text,
                                                            const json_read_options& options,
                                                            json_reader::element_reader read,
                                                            void* into);

}  // namespace stentor::inline v0::detail
