// SPDX-License-Identifier: MIT
#include "event/json_decimal.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace stentor::inline v0::detail {
namespace {

// Exponents beyond are taken as this: nobody can write the digits that would tell them apart.
constexpr std::int64_t exponent_limit = 1'000'000'000'000;

using wide_natural = unsigned __int128;

std::uint64_t multiplied(std::uint64_t left, std::uint64_t right, std::uint64_t modulus) noexcept {
    return static_cast<std::uint64_t>(static_cast<wide_natural>(left) * right % modulus);
}

std::uint64_t power_of_ten(std::uint64_t exponent, std::uint64_t modulus) noexcept {
    std::uint64_t base = 10 % modulus;
    std::uint64_t power = 1 % modulus;
    for (; exponent != 0; exponent >>= 1) {
        power = (exponent & 1) != 0 ? multiplied(power, base, modulus) : power;
        base = multiplied(base, base, modulus);
    }
    return power;
}

std::int64_t exponent_of(std::string_view text) noexcept {
    text.remove_prefix(!text.empty() && text.front() == '+' ? 1 : 0);
    std::int64_t exponent = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (parsed.ec == std::errc::result_out_of_range) {
        return text.front() == '-' ? -exponent_limit : exponent_limit;
    }
    return std::clamp(exponent, -exponent_limit, exponent_limit);
}

}  // namespace

json_decimal parse_decimal(std::string_view text) {
    json_decimal value;
    value.negative = text.starts_with('-');
    text.remove_prefix(value.negative ? 1 : 0);
    const std::size_t mark = std::min(text.find_first_of("eE"), text.size());
    if (mark != text.size()) {
        value.exponent = exponent_of(text.substr(mark + 1));
        text = text.substr(0, mark);
    }
    const std::size_t point = std::min(text.find('.'), text.size());
    value.exponent += static_cast<std::int64_t>(point);
    value.digits = text.substr(0, point);
    value.digits += text.substr(std::min(point + 1, text.size()));
    const std::size_t first = std::min(value.digits.find_first_not_of('0'), value.digits.size());
    value.digits.erase(0, first);
    value.exponent -= static_cast<std::int64_t>(first);
    value.digits.erase(value.digits.find_last_not_of('0') + 1);
    if (value.digits.empty()) {
        return {};
    }
    return value;
}

std::strong_ordering compare_decimals(const json_decimal& left,
                                      const json_decimal& right) noexcept {
    const auto sign = [](const json_decimal& one) {
        return one.digits.empty() ? 0 : one.negative ? -1 : 1;
    };
    if (sign(left) != sign(right)) {
        return sign(left) <=> sign(right);
    }
    const auto& above = left.negative ? right : left;
    const auto& below = left.negative ? left : right;
    if (above.exponent != below.exponent) {
        return above.exponent <=> below.exponent;
    }
    return above.digits <=> below.digits;
}

bool is_multiple_of(const json_decimal& value, const json_decimal& divisor) noexcept {
    std::uint64_t modulus = 0;
    for (const char digit : divisor.digits) {
        modulus = modulus * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    if (value.digits.empty() || modulus == 0) {
        return true;
    }
    // Both as an integer times a power of ten, each integer without a 0 at its end: a divisor with
    // the greater power would need one there.
    const std::int64_t shift =
        (value.exponent - static_cast<std::int64_t>(value.digits.size())) -
        (divisor.exponent - static_cast<std::int64_t>(divisor.digits.size()));
    if (shift < 0) {
        return false;
    }
    std::uint64_t rest = 0;
    for (const char digit : value.digits) {
        rest = static_cast<std::uint64_t>(
            (static_cast<wide_natural>(rest) * 10 + static_cast<unsigned>(digit - '0')) % modulus);
    }
    return multiplied(rest, power_of_ten(static_cast<std::uint64_t>(shift), modulus), modulus) == 0;
}

}  // namespace stentor::inline v0::detail
