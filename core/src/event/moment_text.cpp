// SPDX-License-Identifier: MIT
#include "event/codec_text.hpp"

#include <chrono>

// Moments as texts of RFC 3339.

namespace stentor::inline v0::detail {
namespace {

constexpr std::int64_t seconds_per_day = 86'400;

// Takes the pieces of a moment from the front of a text.
class moment_text {
public:
    explicit moment_text(std::string_view text) : left_(text) {}

    int number(std::size_t digits) {
        int value = 0;
        for (std::size_t at = 0; at < digits; ++at) {
            if (left_.empty() || !is_digit(left_.front())) {
                ok_ = false;
                return 0;
            }
            value = value * 10 + (left_.front() - '0');
            left_.remove_prefix(1);
        }
        return value;
    }

    char take(std::string_view one_of) {
        if (left_.empty() || one_of.find(left_.front()) == std::string_view::npos) {
            ok_ = false;
            return '\0';
        }
        const char c = left_.front();
        left_.remove_prefix(1);
        return c;
    }

    // Digits beyond the eighteenth must be zeros to be held exactly.
    std::uint64_t fraction(bool& exact) {
        if (left_.empty() || left_.front() != '.') {
            return 0;
        }
        left_.remove_prefix(1);
        std::uint64_t value = 0;
        std::uint64_t weight = moment_parts;
        const bool any = !left_.empty() && is_digit(left_.front());
        for (; !left_.empty() && is_digit(left_.front()); left_.remove_prefix(1)) {
            const auto digit = static_cast<std::uint64_t>(left_.front() - '0');
            weight /= 10;
            value += digit * weight;
            exact = exact && (weight != 0 || digit == 0);
        }
        ok_ = ok_ && any;
        return value;
    }

    [[nodiscard]] bool complete() const { return ok_ && left_.empty(); }

private:
    std::string_view left_;
    bool ok_ = true;
};

// Seconds since 1970, and parts of the second after it.
bool parse_pieces(std::string_view text, std::int64_t& seconds, std::uint64_t& parts, bool& exact) {
    moment_text in(text);
    const int year = in.number(4);
    in.take("-");
    const int month = in.number(2);
    in.take("-");
    const int day = in.number(2);
    in.take("Tt");
    const int hour = in.number(2);
    in.take(":");
    const int minute = in.number(2);
    in.take(":");
    const int second = in.number(2);
    parts = in.fraction(exact);
    const char zone = in.take("Zz+-");
    int offset = 0;
    if (zone == '+' || zone == '-') {
        const int hours = in.number(2);
        in.take(":");
        const int minutes = in.number(2);
        offset = (hours * 60 + minutes) * (zone == '+' ? 60 : -60);
        if (hours > 23 || minutes > 59) {
            return false;
        }
    }
    const std::chrono::year_month_day date(std::chrono::year{year},
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day)));
    if (!in.complete() || !date.ok() || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    seconds = days * seconds_per_day + (hour * 60 + minute) * 60 + second - offset;
    return true;
}

char* put_number(char* out, unsigned value, int digits) noexcept {
    for (int at = digits - 1; at >= 0; --at) {
        out[at] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
    return out + digits;
}

}  // namespace

moment_fault parse_moment(std::string_view text, std::int64_t num, std::int64_t den,
                          std::int64_t& ticks) noexcept {
    std::int64_t seconds = 0;
    std::uint64_t parts = 0;
    bool exact = true;
    if (!parse_pieces(text, seconds, parts, exact)) {
        return moment_fault::malformed;
    }
    return exact ? ticks_of_seconds(seconds, parts, num, den, ticks) : moment_fault::too_fine;
}

moment_fault ticks_of_seconds(std::int64_t seconds, std::uint64_t parts, std::int64_t num,
                              std::int64_t den, std::int64_t& ticks) noexcept {
    const std::uint64_t parts_per_tick = moment_parts / static_cast<std::uint64_t>(den);
    if (parts % parts_per_tick != 0 || seconds % num != 0) {
        return moment_fault::too_fine;
    }
    // Before 1970 the product alone may be too small for what the sum can hold.
    const auto part = static_cast<std::int64_t>(parts / parts_per_tick);
    const bool borrow = seconds < 0 && part > 0;
    std::int64_t whole = 0;
    if (__builtin_mul_overflow(seconds / num + (borrow ? 1 : 0), den, &whole) ||
        __builtin_add_overflow(whole, borrow ? part - den : part, &ticks)) {
        return moment_fault::out_of_range;
    }
    return moment_fault::none;
}

std::size_t format_moment(std::int64_t ticks, std::int64_t num, std::int64_t den,
                          char* out) noexcept {
    std::int64_t seconds = ticks / den;
    std::int64_t part = ticks % den;
    if (part < 0) {
        part += den;
        --seconds;
    }
    constexpr std::int64_t first = -62'167'219'200;  // 0000-01-01
    constexpr std::int64_t last = 253'402'300'799;   // the end of 9999
    if (__builtin_mul_overflow(seconds, num, &seconds) || seconds < first || seconds > last) {
        return 0;
    }
    std::int64_t days = seconds / seconds_per_day;
    auto second = static_cast<int>(seconds % seconds_per_day);
    if (second < 0) {
        second += static_cast<int>(seconds_per_day);
        --days;
    }
    const std::chrono::year_month_day date(
        std::chrono::sys_days(std::chrono::days(static_cast<int>(days))));
    const auto time = static_cast<unsigned>(second);
    char* at = put_number(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    *at++ = '-';
    at = put_number(at, static_cast<unsigned>(date.month()), 2);
    *at++ = '-';
    at = put_number(at, static_cast<unsigned>(date.day()), 2);
    *at++ = 'T';
    at = put_number(at, time / 3600, 2);
    *at++ = ':';
    at = put_number(at, time / 60 % 60, 2);
    *at++ = ':';
    at = put_number(at, time % 60, 2);
    if (den > 1) {
        *at++ = '.';
        for (std::int64_t weight = den / 10; weight > 0; weight /= 10) {
            *at++ = static_cast<char>('0' + part / weight % 10);
        }
    }
    *at++ = 'Z';
    return static_cast<std::size_t>(at - out);
}

}  // namespace stentor::inline v0::detail
