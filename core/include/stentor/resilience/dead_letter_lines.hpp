// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/callback.hpp>
#include <stentor/base/result.hpp>
#include <stentor/event/codec_error.hpp>
#include <stentor/event/event_id.hpp>
#include <stentor/export.hpp>
#include <stentor/resilience/dead_letter.hpp>
#include <stentor/resilience/dead_letter_store.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Dead letters as JSON Lines, one object a line, both ways without loss: a payload that is JSON
// stands in its line as it is, where its bytes survive that, and else in base64; so does a text
// that is no UTF-8. What cannot be written is an event that exists only as an object in memory:
// its line says so, and so does the report.
//
// Threads: any; the store's and the sink's rules hold. Progress: they allocate; export and import
// go through the store a page and a line at a time.
namespace stentor::inline v0 {

// Appends one line without its end. too_large: more than 1 GiB. After an error `out` is as it was.
STENTOR_EXPORT result<void, codec_error> append_dead_letter_line(std::string& out,
                                                                 const dead_letter& letter);

// A field that is missing keeps its default, but for id, topic, subscription and payload. Fields
// that are not known are passed over. The number is that of the store that wrote the line.
[[nodiscard]] STENTOR_EXPORT result<dead_letter, codec_error> read_dead_letter_line(
    std::string_view line);

// A letter whose event stayed in memory: nobody can redrive it from its line.
struct payload_left_behind {
    std::uint64_t number = 0;
    event_id id{};
    std::string subscription{};
    std::string type_name{};
};

struct dead_letter_export {
    std::uint64_t letters = 0;                           // lines written
    std::vector<payload_left_behind> without_payload{};  // they are among `letters`
};

// Gets each line with its end. False: it could not take it, and the export ends.
using dead_letter_sink = callback<bool(std::string_view line)>;

// By number. The letters stay in the store, claimed ones too. invalid_filter, what list() says;
// unavailable: the sink refused; invalid_letter: one could not be written.
[[nodiscard]] STENTOR_EXPORT dead_letter_result<dead_letter_export> export_dead_letters(
    const dead_letter_store& store, const dead_letter_filter& filter, const dead_letter_sink& sink);

struct dead_letter_bad_line {
    std::size_t line = 0;  // from 1
    std::string why{};
};

struct dead_letter_import {
    std::uint64_t letters = 0;                      // stored, under new numbers
    std::uint64_t duplicates = 0;                   // there already, and left as they were
    std::uint64_t bad = 0;                          // lines that are not stored
    std::vector<dead_letter_bad_line> bad_lines{};  // the first 1000 of those
};

// Stores each line that it can. Importing the same text again stores nothing but letters whose
// event id is nil. Empty lines are passed over. Lines that the store refuses, as when it is full,
// are bad ones.
[[nodiscard]] STENTOR_EXPORT dead_letter_import import_dead_letters(std::string_view text,
                                                                    dead_letter_store& store);

}  // namespace stentor::inline v0
