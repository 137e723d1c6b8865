// SPDX-License-Identifier: MIT
#include "event/other_format.hpp"

#include "event/cbor_bytes.hpp"
#include "event/json_text.hpp"
#include "event/text_excerpt.hpp"
#include <stentor/event/cbor_reader.hpp>
#include <stentor/event/cbor_writer.hpp>
#include <stentor/event/json_reader.hpp>
#include <stentor/event/json_writer.hpp>

#include <utility>

namespace stentor::inline v0::detail {
namespace {

constexpr std::size_t any_size = static_cast<std::size_t>(-1) / 4;
constexpr json_read_options json_reading{.bytes_max = any_size, .depth_max = json_depth_limit};
constexpr json_write_options json_writing{.bytes_max = any_size, .depth_max = json_depth_limit};
constexpr cbor_read_options cbor_reading{.bytes_max = any_size, .depth_max = cbor_depth_limit};
constexpr cbor_write_options cbor_writing{.bytes_max = any_size, .depth_max = cbor_depth_limit};

template <class Reader, class Writer>
bool copy_value(Reader& reader, Writer& writer);

template <class Writer>
bool copy_name(json_reader&, Writer& writer, std::string_view name) {
    return writer.write_text(name);
}

template <class Writer>
bool copy_name(cbor_reader& reader, Writer& writer, const cbor_key& name) {
    std::string text;
    std::int64_t negative = 0;
    if (name.major == cbor_major::natural) {
        return writer.write_unsigned_name(name.value);
    }
    if (name.major == cbor_major::negative && to_signed(name.major, name.value, negative)) {
        return writer.write_signed_name(negative);
    }
    return reader.name_to_text(name, text) && writer.write_text(text);
}

template <class Reader, class Writer>
bool copy_entry(Reader& reader, void* into, typename Reader::name_type name) {
    auto& writer = *static_cast<Writer*>(into);
    return copy_name(reader, writer, name) && writer.name_written() && copy_value(reader, writer) &&
           writer.next();
}

template <class Reader, class Writer>
bool copy_element(Reader& reader, void* into, std::size_t) {
    auto& writer = *static_cast<Writer*>(into);
    return copy_value(reader, writer) && writer.next();
}

template <class Reader, class Writer>
bool copy_object(Reader& reader, Writer& writer) {
    return writer.open_endless_map() && reader.read_map(&copy_entry<Reader, Writer>, &writer) &&
           writer.close_endless_map();
}

template <class Reader, class Writer>
bool copy_number(Reader& reader, Writer& writer) {
    any_number number;
    if (!reader.read_any_number(number)) {
        return false;
    }
    switch (number.kind) {
        case any_number::kinds::natural: return writer.write_unsigned(number.natural);
        case any_number::kinds::negative: return writer.write_signed(number.negative);
        case any_number::kinds::real: break;
    }
    return writer.write_number(number.real);
}

template <class Reader, class Writer>
bool copy_value(Reader& reader, Writer& writer) {
    value_form form{};
    bool truth = false;
    std::string text;
    if (!reader.next_form(form)) {
        return false;
    }
    switch (form) {
        case value_form::null: return reader.read_null() && writer.write_null();
        case value_form::boolean: return reader.read_bool(truth) && writer.write_bool(truth);
        case value_form::number: return copy_number(reader, writer);
        case value_form::text: return reader.read_text(text) && writer.write_text(text);
        case value_form::list:
            return writer.open_endless_list() &&
                   reader.read_list(&copy_element<Reader, Writer>, &writer) &&
                   writer.close_endless_list();
        case value_form::object: break;
    }
    return copy_object(reader, writer);
}

// The one of them that has an error.
template <class Reader, class Writer>
codec_error error_of(Reader& reader, Writer& writer) {
    codec_error why = reader.take_error();
    codec_error other = writer.take_error();
    if (why.expected.empty()) {
        std::swap(why.code, other.code);
        std::swap(why.expected, other.expected);
        std::swap(why.found, other.found);
    }
    return why;
}

}  // namespace

bool json_fields_as_cbor(std::string_view text, std::vector<std::byte>& bytes, codec_error& why) {
    std::string object(1, '{');
    object += text;
    object += '}';
    json_scratch scratch;
    json_reader reader(object, json_reading, scratch);
    cbor_writer writer(bytes, cbor_writing);
    if (!reader.read_map(&copy_entry<json_reader, cbor_writer>, &writer) || !writer.finish()) {
        why = error_of(reader, writer);
        return false;
    }
    return true;
}

bool cbor_fields_as_json(std::string_view bytes, std::string& text, codec_error& why) {
    std::string object(1, '\xbf');
    object += bytes;
    object += break_byte;
    cbor_scratch scratch;
    cbor_reader reader(object, cbor_reading, scratch);
    json_writer writer(text, json_writing);
    if (!copy_object(reader, writer) || !writer.finish()) {
        why = error_of(reader, writer);
        return false;
    }
    // 1 and "1" were two names, and are one.
    json_scratch names;
    json_reader check(text, json_reading, names);
    if (!check.read_fields({nullptr, 0, nullptr}, nullptr)) {
        why = check.take_error();
        return false;
    }
    text.pop_back();
    text.erase(0, 1);
    return true;
}

}  // namespace stentor::inline v0::detail
