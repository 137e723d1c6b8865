// SPDX-License-Identifier: MIT
#include <stentor/event/violation.hpp>

#include "base/attempt.hpp"
#include "event/codec_text.hpp"

#include <algorithm>
#include <utility>

namespace stentor::inline v0 {

namespace {

// Not within a character, if the text is UTF-8.
std::string cut(std::string_view text) {
    std::size_t size = std::min(text.size(), violations::text_max);
    while (size < text.size() && size > 0 &&
           (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) {
        --size;
    }
    return std::string(text.substr(0, size));
}

// True, and without the end: it ended so.
bool take_end(std::string_view& text, std::string_view end) noexcept {
    if (!text.ends_with(end)) {
        return false;
    }
    text.remove_suffix(end.size());
    return true;
}

}  // namespace

violations::scope::scope(violations& of, kinds kind, std::string_view name,
                         std::size_t index) noexcept
    : of_(of), outer_(of.innermost_), name_(name), index_(index), kind_(kind) {
    of.innermost_ = this;
}
violations::scope::~scope() {
    of_.innermost_ = outer_;
}

violations::violations() noexcept = default;
violations::violations(const violations& other) : kept_(other.kept_), count_(other.count_) {}
violations::violations(violations&& other) noexcept
    : kept_(std::move(other.kept_)), count_(std::exchange(other.count_, 0)) {
    other.kept_.clear();
}
violations& violations::operator=(violations other) noexcept {
    kept_.swap(other.kept_);
    std::swap(count_, other.count_);
    return *this;
}
violations::~violations() = default;

void violations::add(std::string_view path, std::string_view code,
                     std::string_view message) noexcept {
    ++count_;
    if (kept_.size() == kept_max) {
        return;
    }
    static_cast<void>(detail::attempt([&] {
        std::string full = cut(path);
        for (const auto* one = innermost_; one != nullptr; one = one->outer_) {
            detail::prepend_step(full, one->kind_ == scope::kinds::element
                                           ? detail::path_step(one->index_)
                                           : detail::path_step(one->name_));
        }
        kept_.push_back({.path = std::move(full), .code = cut(code), .message = cut(message)});
    }));
}

void violations::add(const violations& others) noexcept {
    for (const auto& one : others) {
        add(one.path, one.code, one.message);
    }
    count_ += others.count() - others.size();
}

void violations::clear() noexcept {
    kept_.clear();
    count_ = 0;
}

std::string violations::to_string() const {
    std::string text;
    for (const auto& one : kept_) {
        text += text.empty() ? "" : "; ";
        text += one.path;
        text += one.path.empty() ? "" : ": ";
        text += one.message;
        text += " (";
        text += one.code;
        text += ')';
    }
    if (count_ > kept_.size()) {
        text += text.empty() ? "" : "; ";
        text += std::to_string(count_ - kept_.size());
        text += kept_.empty() ? " violations" : " more";
    }
    return text;
}

bool violations::stands_at(std::string_view path) const noexcept {
    bool within = false;  // what was taken before begins with a name, so a dot stands before it
    for (const auto* one = innermost_; one != nullptr; one = one->outer_) {
        const bool member = one->kind_ == scope::kinds::member;
        if ((within && !take_end(path, ".")) || !take_end(path, member ? one->name_ : "[]")) {
            return false;
        }
        within = member;
    }
    return path.empty();
}

}  // namespace stentor::inline v0
