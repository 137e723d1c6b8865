// SPDX-License-Identifier: MIT
#include <stentor/resilience/dead_letter.hpp>

#include <algorithm>

namespace stentor::inline v0 {

dead_letter_object::~dead_letter_object() = default;

const event_type* dead_letter_object::type() const noexcept {
    return nullptr;
}

const void* dead_letter_object::object() const noexcept {
    return nullptr;
}

std::string_view to_string(dead_letter_reason reason) noexcept {
    switch (reason) {
        case dead_letter_reason::exhausted: return "exhausted";
        case dead_letter_reason::rejected: return "rejected";
        case dead_letter_reason::expired: return "expired";
        case dead_letter_reason::decode_error: return "decode_error";
        case dead_letter_reason::retry_capacity: return "retry_capacity";
        case dead_letter_reason::held_by_key: return "held_by_key";
    }
    return "unknown";
}

std::string_view media_type(dead_letter_content content) noexcept {
    switch (content) {
        case dead_letter_content::json: return "application/json";
        case dead_letter_content::cbor: return "application/cbor";
        case dead_letter_content::binary: return "application/octet-stream";
        case dead_letter_content::object: return {};
    }
    return {};
}

void add_attempt(dead_letter& letter, dead_letter_attempt attempt) {
    const auto ended = attempt.at + std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                        attempt.duration);
    letter.attempts.push_back(std::move(attempt));
    if (letter.attempts_total == 0) {
        letter.first_failed = ended;
    }
    letter.last_failed = ended;
    ++letter.attempts_total;
    if (letter.attempts.size() > first_attempts_kept + last_attempts_kept) {
        letter.attempts.erase(letter.attempts.begin() +
                              static_cast<std::ptrdiff_t>(first_attempts_kept));
    }
}

std::string_view last_error(const dead_letter& letter) noexcept {
    if (letter.attempts.empty() || letter.attempts.back().errors.empty()) {
        return {};
    }
    return letter.attempts.back().errors.front();
}

namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
bool is_hex(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_word(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool starts_with_uuid(std::string_view text) noexcept {
    if (text.size() < event_id::text_size) {
        return false;
    }
    for (std::size_t at = 0; at < event_id::text_size; ++at) {
        const bool hyphen = at == 8 || at == 13 || at == 18 || at == 23;
        if (hyphen ? text[at] != '-' : !is_hex(text[at])) {
            return false;
        }
    }
    return true;
}

// Words of the letters a to f alone are English up to seven, such as "deface" and "effaced".
bool is_hex_word(std::string_view word) noexcept {
    if (word.starts_with("0x") || word.starts_with("0X")) {
        word.remove_prefix(2);
        return !word.empty() && std::all_of(word.begin(), word.end(), is_hex);
    }
    return std::all_of(word.begin(), word.end(), is_hex) &&
           (word.size() >= 8 || std::any_of(word.begin(), word.end(), is_digit));
}

void append_word(std::string& out, std::string_view word) {
    if (is_hex_word(word)) {
        out += '#';
        return;
    }
    bool in_number = false;
    for (const char c : word) {
        if (!is_digit(c)) {
            out += c;
        } else if (!in_number) {
            out += '#';
        }
        in_number = is_digit(c);
    }
}

// FNV-1a with 64 bits: Fowler, Noll, Vo, Eastlake, "The FNV Non-Cryptographic Hash Algorithm",
// draft-eastlake-fnv, section 5.
class fnv_hash {
public:
    void add(std::string_view text) noexcept {
        for (const char c : text) {
            add(static_cast<unsigned char>(c));
        }
        add(0);  // so that "ab", "c" differs from "a", "bc"
    }
    [[nodiscard]] std::uint64_t value() const noexcept { return value_; }

private:
    void add(unsigned char byte) noexcept { value_ = (value_ ^ byte) * 0x0000'0100'0000'01B3; }

    std::uint64_t value_ = 0xCBF2'9CE4'8422'2325;
};

}  // namespace

std::string normalised_error(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::size_t at = 0;
    while (at < text.size()) {
        if (!is_word(text[at])) {
            out += text[at++];
        } else if (starts_with_uuid(text.substr(at))) {
            out += '#';
            at += event_id::text_size;
        } else {
            const std::size_t begin = at;
            while (at < text.size() && is_word(text[at])) {
                ++at;
            }
            append_word(out, text.substr(begin, at - begin));
        }
    }
    return out;
}

std::uint64_t fingerprint_of(const dead_letter& letter) {
    fnv_hash hash;
    hash.add(letter.subscription);
    hash.add(letter.topic);
    hash.add(to_string(letter.reason));
    hash.add(normalised_error(last_error(letter)));
    return hash.value();
}

std::size_t memory_of(const dead_letter& letter) noexcept {
    std::size_t size = sizeof(dead_letter) + letter.topic.size() + letter.type_name.size() +
                       letter.key.size() + letter.correlation_id.size() + letter.user_id.size() +
                       letter.source.size() + letter.traceparent.size() + letter.tracestate.size() +
                       letter.subscription.size() + letter.payload.bytes.size();
    if (letter.payload.object != nullptr) {
        size += letter.payload.object->bytes();
    }
    for (const dead_letter_header& header : letter.headers) {
        size += sizeof(header) + header.name.size() + header.value.size();
    }
    for (const dead_letter_attempt& attempt : letter.attempts) {
        size += sizeof(attempt);
        for (const std::string& error : attempt.errors) {
            size += sizeof(std::string) + error.size();
        }
    }
    for (const dead_letter_note& note : letter.notes) {
        size += sizeof(note) + note.key.size() + note.value.size();
    }
    return size;
}

}  // namespace stentor::inline v0
