// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/scheduler.hpp"
#include <stentor/event/event_type.hpp>
#include <stentor/event/metadata.hpp>
#include <stentor/registry/call_view.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>

namespace stentor::inline v0::detail {

struct redriven_event;

// Texts that interceptors give an event, until its envelope has copies of them. A few lie in place.
//
// Threads: one. Progress: allocates for what does not fit.
class kept_texts {
public:
    kept_texts() noexcept = default;
    kept_texts(const kept_texts&) = delete;
    kept_texts& operator=(const kept_texts&) = delete;
    ~kept_texts() {
        while (more_ != nullptr) {
            const std::unique_ptr<page> last(more_);
            more_ = last->before;
        }
    }

    // Empty for want of memory, which failed() then says.
    [[nodiscard]] std::string_view put(std::string_view text) noexcept {
        if (text.empty()) {
            return {};
        }
        auto* place = room_for(text.size());
        if (place == nullptr) {
            failed_ = true;
            return {};
        }
        text.copy(place, text.size());
        return {place, text.size()};
    }
    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    struct page {
        page* before;
        std::unique_ptr<char[]> text;
    };

    char* room_for(std::size_t size) noexcept {
        if (size <= first_.size() - used_) {
            auto* place = first_.data() + used_;
            used_ += size;
            return place;
        }
        std::unique_ptr<char[]> text(new (std::nothrow) char[size]);
        auto* made = text == nullptr ? nullptr : new (std::nothrow) page{more_, std::move(text)};
        if (made == nullptr) {
            return nullptr;
        }
        more_ = made;
        return made->text.get();
    }

    std::array<char, 512> first_;  // of which `used_` are written
    std::size_t used_ = 0;
    page* more_ = nullptr;
    bool failed_ = false;
};

// What an outgoing_event shows and changes.
struct outgoing_parts {
    explicit outgoing_parts(const scheduler& by) noexcept : shared(by) {}

    const scheduler& shared;
    std::string_view topic{};
    const event_type* type = nullptr;
    void* object = nullptr;  // of a typed event: it may be changed
    std::string* text = nullptr;
    publish_options options{};
    const std::byte* cause = nullptr;
    std::optional<call_view> call{};  // which causes it
    const redriven_event* again = nullptr;
    kept_texts kept{};
    // The headers, once one of them was set.
    alignas(header) std::byte headers[headers_max * sizeof(header)];
};

}  // namespace stentor::inline v0::detail
