// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace stentor::inline v0 {
namespace detail {
class json_reader;
class json_writer;
}  // namespace detail

// What a document had and its type does not know, for example because its publisher is newer. A
// described struct that has a member of this type among its fields keeps such fields and writes
// them again behind its own, so that an event passes through an older program whole:
//
//     stentor::unknown_fields others;
//     STENTOR_FIELDS(order_placed, id, cents, others);
//
// The member itself is no field of the document. Only a codec fills it, with text that it has
// checked.
//
// Threads: a value, share as any other. Progress: copying and decoding allocate.
class unknown_fields {
public:
    // As it stood in the document, `"note":"leave at the door","floor":3`.
    [[nodiscard]] std::string_view text() const noexcept { return text_; }
    [[nodiscard]] bool empty() const noexcept { return text_.empty(); }
    void clear() noexcept { text_.clear(); }

    friend bool operator==(const unknown_fields&, const unknown_fields&) = default;

private:
    friend class detail::json_reader;
    friend class detail::json_writer;

    std::string text_;
};

}  // namespace stentor::inline v0
