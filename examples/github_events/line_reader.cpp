// SPDX-License-Identifier: MIT

#include "line_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace github {

bool line_reader::refill() {
    errno = 0;
    at_ = 0;
    filled_ = std::fread(chunk_.data(), 1, chunk_.size(), stream_);
    if (filled_ == 0 && std::ferror(stream_) != 0) {
        error_number_ = errno;
    }
    return filled_ > 0;
}

line_reader::outcome line_reader::next(std::string& line) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    line.clear();
    bool started = false;
    bool too_long = false;
    for (bool ended = false; !ended;) {
        if (at_ == filled_ && !refill()) {
            if (error_number_ != 0) {
                return outcome::failed;
            }
            if (!started) {
                return outcome::end;
            }
            break;
        }
        started = true;
        const char* const from = chunk_.data() + at_;
        const char* const end = chunk_.data() + filled_;
        const char* const stop = std::find(from, end, '\n');
        ended = stop != end;
        const auto bytes = static_cast<std::size_t>(stop - from);
        at_ += bytes + (ended ? 1 : 0);
        too_long = too_long || line.size() + bytes > line_bytes_max;
        if (!too_long) {
            line.append(from, bytes);
        }
    }
    ++line_number_;
    if (too_long) {
        line.clear();
        return outcome::too_long;
    }
    if (line.ends_with('\r')) {
        line.pop_back();
    }
    if (line_number_ == 1 && line.starts_with(byte_order_mark)) {
        line.erase(0, byte_order_mark.size());
    }
    return outcome::line;
}

void line_reader::restart() noexcept {
    at_ = 0;
    filled_ = 0;
    line_number_ = 0;
    error_number_ = 0;
}

}  // namespace github
