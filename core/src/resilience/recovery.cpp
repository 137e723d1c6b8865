// SPDX-License-Identifier: MIT
#include <stentor/resilience/recovery.hpp>

#include "resilience/emergency_file.hpp"
#include <stentor/resilience/dead_letter_lines.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace stentor::inline v0 {

std::string_view to_string(line_damage damage) noexcept {
    switch (damage) {
        case line_damage::not_a_record: return "not_a_record";
        case line_damage::torn: return "torn";
        case line_damage::bad_checksum: return "bad_checksum";
        case line_damage::bad_record: return "bad_record";
    }
    return "unknown";
}

namespace {

using detail::emergency_head;
using detail::emergency_mark;

// Lower case only: a bit that makes an upper case one is damage too.
std::optional<std::uint32_t> checksum_in(std::string_view line) noexcept {
    const std::string_view digits = line.substr(emergency_mark.size(), 8);
    if (digits.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
        return std::nullopt;
    }
    std::uint32_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return value;
}

class recovering {
public:
    explicit recovering(const recovery_callback& take) noexcept : take_(take) {}

    void read(std::string_view line, std::size_t number, bool ended) {
        const bool begun = line.starts_with(emergency_mark) || emergency_mark.starts_with(line);
        if (!begun) {
            damage(number, line_damage::not_a_record, "it does not begin with `S1 `");
        } else if (line.size() <= emergency_head || (!ended && !line.ends_with('}'))) {
            damage(number, line_damage::torn, "the line ends within its record");
        } else if (line[emergency_head - 1] != ' ' || !checksum_in(line)) {
            damage(number, line_damage::bad_checksum, "there is no checksum");
        } else {
            const std::string_view text = line.substr(emergency_head);
            if (detail::crc32c(text) != *checksum_in(line)) {
                damage(number, text.ends_with('}') ? line_damage::bad_checksum : line_damage::torn,
                       "its checksum is another one");
            } else {
                hand_over(text, number);
            }
        }
    }
    [[nodiscard]] recovery_report take_report() && noexcept { return std::move(report_); }

private:
    void hand_over(std::string_view text, std::size_t number) {
        auto letter = read_dead_letter_line(text);
        if (!letter) {
            damage(number, line_damage::bad_record, letter.error().message());
            return;
        }
        if (!letter->id.is_nil()) {
            const auto [seen, added] =
                seen_.try_emplace(std::pair(letter->id, letter->subscription), number);
            if (!added) {
                report_.duplicates.push_back({number, seen->second, letter->id});
                return;
            }
        }
        ++report_.records;
        report_.without_payload += letter->payload.missing() ? 1U : 0U;
        if (take_) {
            take_(std::move(letter).value());
        }
    }
    void damage(std::size_t number, line_damage what, std::string why) {
        report_.damaged.push_back({number, what, std::move(why)});
    }

    const recovery_callback& take_;
    recovery_report report_{};
    std::map<std::pair<event_id, std::string>, std::size_t> seen_{};
};

}  // namespace

recovery_report recover_text(std::string_view text, const recovery_callback& take) {
    recovering all(take);
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        const bool ended = end != std::string_view::npos;
        text.remove_prefix(ended ? end + 1 : text.size());
        if (!line.empty()) {
            all.read(line, number, ended);
        }
    }
    return std::move(all).take_report();
}

result<recovery_report, recovery_error> recover_file(const std::string& path,
                                                     const recovery_callback& take) {
    const auto failed = [&path](std::string_view what, int why) {
        return unexpected(recovery_error{why, "emergency file " + path + ": cannot " +
                                                  std::string(what) +
                                                  " it: " + std::generic_category().message(why)});
    };
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return failed("open", errno);
    }
    std::string text;
    std::array<char, 64 * 1024> some{};
    for (;;) {
        const ssize_t size = ::read(descriptor, some.data(), some.size());
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            const int why = errno;
            ::close(descriptor);
            return failed("read", why);
        }
        if (size == 0) {
            break;
        }
        text.append(some.data(), static_cast<std::size_t>(size));
    }
    ::close(descriptor);
    return recover_text(text, take);
}

}  // namespace stentor::inline v0
