// SPDX-License-Identifier: MIT

#include "console.hpp"

#include "text.hpp"

#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace github {

bool is_terminal(std::FILE* stream) {
    const char* kind = std::getenv("TERM");
    const bool can_move_the_cursor = kind == nullptr || std::string_view(kind) != "dumb";
    return can_move_the_cursor && ::isatty(::fileno(stream)) == 1;
}

std::size_t terminal_width(std::FILE* stream) {
    winsize window{};
    if (::ioctl(::fileno(stream), TIOCGWINSZ, &window) == 0 && window.ws_col > 0) {
        return window.ws_col;
    }
    if (const char* columns = std::getenv("COLUMNS"); columns != nullptr) {
        if (const long width = std::strtol(columns, nullptr, 10); width >= 20 && width <= 1000) {
            return static_cast<std::size_t>(width);
        }
    }
    return 80;
}

console::console(std::FILE* stream) : stream_(stream), is_terminal_(github::is_terminal(stream)) {}

console::~console() {
    clear();
}

void console::say(std::string_view line) {
    const std::lock_guard lock(mutex_);
    clear_locked();
    std::fwrite(line.data(), 1, line.size(), stream_);
    std::fputc('\n', stream_);
    std::fflush(stream_);
}

void console::status(std::string_view line) {
    if (!is_terminal_) {
        return;
    }
    // One column stays free: some terminals wrap when the last one is written.
    const std::string fitting = cut(line, terminal_width(stream_) - 1);
    const std::lock_guard lock(mutex_);
    std::fprintf(stream_, "\r%s\033[K", fitting.c_str());
    std::fflush(stream_);
    status_shown_ = true;
}

void console::clear() {
    const std::lock_guard lock(mutex_);
    clear_locked();
}

void console::clear_locked() {
    if (status_shown_) {
        std::fputs("\r\033[K", stream_);
        std::fflush(stream_);
        status_shown_ = false;
    }
}

}  // namespace github
