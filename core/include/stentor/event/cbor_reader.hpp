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
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Reads one data item of CBOR (RFC 8949) straight into objects, without a tree in between. For
// codec_value.hpp, not for users: they call from_cbor().
//
// Whatever is well formed is understood: lengths that are known in advance or not, numbers in more
// bytes than they need. Tags are passed over, but for those of moments and of big integers. Errors
// and paths are as json_reader has them, and so are names that an object has twice: texts, byte
// strings and integers are compared by what they mean, other keys by their bytes.
//
// Threads: one thread. Progress: recursion no deeper than cbor_depth_limit; time in proportion to
// the bytes, but for names that an object's type does not know, n log n of their number. A length
// allocates nothing before so many bytes are there.

namespace stentor::inline v0::detail {

struct cbor_scratch;

enum class cbor_major : std::uint8_t { natural, negative, bytes, text, list, object, tag, simple };

// What stands in front of a value.
struct cbor_head {
    const char* start = nullptr;  // of its tags, if it has some
    std::uint64_t value = 0;      // a number, or a length
    std::uint64_t tag = 0;        // the innermost
    cbor_major major = cbor_major::natural;
    std::uint8_t info = 0;  // the low five bits; 31: the length is not known
    bool tagged = false;
};

struct cbor_key {
    const char* at = nullptr;
    cbor_major major = cbor_major::text;
    std::uint64_t value = 0;  // of a natural number; of a negative one -1 - itself
    std::string_view text{};  // of texts and byte strings; else, but for integers, all its bytes
    bool joined = false;      // the text came in parts; changed by the next read
};

class STENTOR_EXPORT cbor_reader {
public:
    using format = cbor_format;
    using name_type = const cbor_key&;
    using element_reader = bool (*)(cbor_reader& reader, void* into, std::size_t index);
    using entry_reader = bool (*)(cbor_reader& reader, void* into, const cbor_key& name);
    static constexpr std::size_t any_count = static_cast<std::size_t>(-1);

    cbor_reader(std::string_view bytes, const cbor_read_options& options,
                cbor_scratch& scratch) noexcept;

    [[nodiscard]] bool read_bool(bool& into);
    [[nodiscard]] bool read_signed(std::int64_t& into, std::int64_t min, std::int64_t max);
    [[nodiscard]] bool read_unsigned(std::uint64_t& into, std::uint64_t max);
    [[nodiscard]] bool read_number(double& into);
    [[nodiscard]] bool read_number(float& into);
    [[nodiscard]] bool read_text(std::string& into);
    [[nodiscard]] bool read_enum(std::int64_t& into, std::span<const enum_name> names);
    [[nodiscard]] bool read_moment(std::int64_t& ticks, tick_unit unit);
    [[nodiscard]] bool read_null();
    // Takes a `null`, or an `undefined`, if there is one.
    [[nodiscard]] bool take_null();

    [[nodiscard]] bool read_fields(const cbor_fields& fields, void* object);
    [[nodiscard]] bool read_list(element_reader read, void* into, std::size_t count = any_count);
    [[nodiscard]] bool read_map(entry_reader read, void* into);
    [[nodiscard]] bool read_variant(const cbor_alternatives& alternatives, void* variant);

    // For entry readers: the name as a key.
    [[nodiscard]] bool name_to_text(const cbor_key& name, std::string& into);
    [[nodiscard]] bool name_to_signed(const cbor_key& name, std::int64_t& into, std::int64_t min,
                                      std::int64_t max);
    [[nodiscard]] bool name_to_unsigned(const cbor_key& name, std::uint64_t& into,
                                        std::uint64_t max);
    [[nodiscard]] bool name_to_enum(const cbor_key& name, std::int64_t& into,
                                    std::span<const enum_name> names);
    [[nodiscard]] bool refuse_repeated(const cbor_key& name);

    // For values whose type nobody knows.
    [[nodiscard]] bool next_form(value_form& form);
    [[nodiscard]] bool read_any_number(any_number& into);

    // After the value: nothing else may follow.
    [[nodiscard]] bool at_end();
    [[nodiscard]] codec_error take_error() noexcept { return static_cast<codec_error&&>(error_); }

    // How many fields these bytes have, and whether one of them has a name of the table.
    [[nodiscard]] static std::size_t count_fields(std::string_view kept, const cbor_fields& fields,
                                                  std::optional<std::string>& known);

private:
    // The values of a list or an object that are still to come.
    struct run {
        bool open_ended = false;
        std::uint64_t left = 0;
    };

    bool fail(codec_errc code, const char* at, std::string expected, std::string found);
    bool fail_end(std::string expected);
    bool fail_expected(const cbor_head& head, std::string expected);
    bool fail_moment(const cbor_head& head, codec_errc code, std::string_view text);
    bool in_field(std::string_view name);
    bool in_entry(const cbor_key& name);
    bool in_element(std::size_t index);
    [[nodiscard]] std::string describe(const cbor_head& head) const;
    [[nodiscard]] static std::string describe(const cbor_key& name);

    [[nodiscard]] bool take(std::string_view bytes) noexcept;
    [[nodiscard]] bool read_head(cbor_head& head);
    [[nodiscard]] bool scan_head(cbor_head& head);
    [[nodiscard]] bool peek_head(cbor_head& head);
    [[nodiscard]] bool scan_string(const cbor_head& head, std::string_view& out);
    [[nodiscard]] bool scan_part(const cbor_head& head, std::string_view& out);
    [[nodiscard]] bool scan_integer(cbor_head& head, bool& fits);
    [[nodiscard]] bool read_key(cbor_key& key);
    [[nodiscard]] bool open(cbor_major major, std::string_view expected, run& values);
    [[nodiscard]] bool another(run& values) noexcept;
    template <class Float>
    [[nodiscard]] STENTOR_NO_EXPORT bool read_float(Float& into);

    [[nodiscard]] bool read_field(const cbor_fields& fields, std::size_t& next,
                                  std::span<std::uint64_t> seen, void* object);
    [[nodiscard]] bool read_unknown(const cbor_fields& fields, const cbor_key& name, void* object);
    [[nodiscard]] bool check_missing(const cbor_fields& fields,
                                     std::span<const std::uint64_t> seen);
    [[nodiscard]] bool read_wrapped(const cbor_alternatives& alternatives, void* variant);
    [[nodiscard]] bool skip_value();
    [[nodiscard]] bool skip_object();
    void remember(const cbor_key& name);
    [[nodiscard]] bool check_repeated(std::size_t mark);

    const char* begin_;
    const char* at_;
    const char* end_;
    cbor_scratch& scratch_;
    std::int32_t depth_left_;
    const cbor_read_options& options_;
    codec_error error_;
};

// Reads all the bytes as one value. Without memory this is an error as any other.
STENTOR_EXPORT result<void, codec_error> read_cbor_document(std::span<const std::byte> bytes,
                                                            const cbor_read_options& options,
                                                            cbor_reader::element_reader read,
                                                            void* into);

}  // namespace stentor::inline v0::detail
