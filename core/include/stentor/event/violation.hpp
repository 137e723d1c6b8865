// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What is wrong with an event, said by whoever validates it: all of it, not only the first.
//
//     void validate(const order_placed& order, stentor::violations& found) {
//         if (order.id.empty()) {
//             found.add("id", "required", "an order has an id");
//         }
//     }
//
// Threads: values. Progress: an event without violations allocates nothing.
namespace stentor::inline v0 {

struct violation {
    std::string path{};     // `lines[3].name`; empty: the event as a whole
    std::string code{};     // for programs: `required`, `utf8`, `too_large`, or the user's own
    std::string message{};  // for people
};

// Takes violations and keeps the first of them; the others are counted.
class STENTOR_EXPORT violations {
public:
    static constexpr std::size_t kept_max = 64;
    static constexpr std::size_t text_max = 1024;  // bytes of each text, which is cut there

    violations() noexcept;
    violations(const violations& other);
    violations(violations&& other) noexcept;
    violations& operator=(violations other) noexcept;
    ~violations();

    // Where an object is that is looked at: until it goes, paths begin with it. They nest. On the
    // stack only. Names are views that live as long.
    class STENTOR_EXPORT scope {
    public:
        scope(const scope&) = delete;
        scope& operator=(const scope&) = delete;
        ~scope();

    private:
        friend class violations;
        enum class kinds : std::uint8_t { member, element, entry };
        // Not inline, nor is the destructor: GCC 12 takes what they do for a dangling pointer.
        scope(violations& of, kinds kind, std::string_view name, std::size_t index) noexcept;
        violations& of_;
        const scope* outer_;
        std::string_view name_;
        std::size_t index_;
        kinds kind_;
    };
    // A member, an element of a list, an entry of a map.
    [[nodiscard]] scope in(std::string_view member) noexcept {
        return {*this, scope::kinds::member, member, 0};
    }
    [[nodiscard]] scope at(std::size_t index) noexcept {
        return {*this, scope::kinds::element, {}, index};
    }
    [[nodiscard]] scope at_key(std::string_view key) noexcept {
        return {*this, scope::kinds::entry, key, 0};
    }

    // `path` from the innermost scope on. Never throws: without memory it is only counted.
    void add(std::string_view path, std::string_view code, std::string_view message) noexcept;
    // All that the other one has, from the innermost scope on.
    void add(const violations& others) noexcept;
    void clear() noexcept;

    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    // All of them, also those that are not kept.
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    // Those that are kept.
    [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }
    [[nodiscard]] const violation* begin() const noexcept { return kept_.data(); }
    [[nodiscard]] const violation* end() const noexcept { return kept_.data() + kept_.size(); }
    [[nodiscard]] const violation& operator[](std::size_t at) const noexcept { return kept_[at]; }

    // `id: an order has an id (required)`, joined by `; `, and how many more there are.
    [[nodiscard]] std::string to_string() const;

    // For the engine: the innermost scope is what this says, `lines[].name`.
    [[nodiscard]] bool stands_at(std::string_view path) const noexcept;

private:
    std::vector<violation> kept_;
    std::size_t count_ = 0;
    const scope* innermost_ = nullptr;
};

}  // namespace stentor::inline v0
