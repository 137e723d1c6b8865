// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace stentor::inline v0 {
namespace detail {
class cbor_reader;
class cbor_writer;
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
// The member itself is no field of the document. Only a codec fills it, with text or bytes that it
// has checked.
//
// Threads: a value, share as any other. Progress: copying and decoding allocate.
class unknown_fields {
public:
    // As it stood in a JSON document, `"note":"leave at the door","floor":3`.
    [[nodiscard]] std::string_view text() const noexcept {
        return is_cbor_ ? std::string_view() : std::string_view(kept_);
    }
    // As it stood in a CBOR document, names and values by turns.
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
        return std::as_bytes(std::span(kept_.data(), is_cbor_ ? kept_.size() : 0));
    }
    [[nodiscard]] bool empty() const noexcept { return kept_.empty(); }
    void clear() noexcept {
        kept_.clear();
        is_cbor_ = false;
    }

    friend bool operator==(const unknown_fields&, const unknown_fields&) = default;

private:
    friend class detail::cbor_reader;
    friend class detail::cbor_writer;
    friend class detail::json_reader;
    friend class detail::json_writer;

    std::string kept_;
    bool is_cbor_ = false;
};

}  // namespace stentor::inline v0
