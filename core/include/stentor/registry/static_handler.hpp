// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>
#include <stentor/registry/handler.hpp>
#include <stentor/registry/subscribe_target.hpp>
#include <stentor/registry/subscription_options.hpp>

#include <source_location>
#include <string_view>
#include <type_traits>
#include <utility>

// Handlers that register themselves: objects of static storage in any linked library, which
// registry::load() finds and subscribes. Nothing runs before main() but the linking of a list whose
// head is a constant, so the order of initialisation does not matter.
//
// A static library keeps such objects only when it is linked as a whole: stentor_link_handlers() of
// the CMake package does that.
//
// Threads: any; the list has a lock of its own.
namespace stentor::inline v0 {

namespace detail {

class STENTOR_EXPORT static_registration {
public:
    static_registration(const static_registration&) = delete;
    static_registration& operator=(const static_registration&) = delete;

    [[nodiscard]] std::string_view name() const noexcept { return name_; }
    [[nodiscard]] const subscription_options& options() const noexcept { return options_; }
    [[nodiscard]] std::source_location where() const noexcept { return where_; }

    virtual result<subscription, error> subscribe_at(subscribe_target& target) const = 0;

protected:
    static_registration(const char* name, subscription_options options,
                        std::source_location where) noexcept;
    // Libraries that are unloaded leave the list.
    virtual ~static_registration();

private:
    friend class static_registrations;

    const char* name_;
    subscription_options options_;
    std::source_location where_;
    mutable const static_registration* next_ = nullptr;
};

}  // namespace detail

// A handler that registers itself, in any of the handler's forms. The function is copied for each
// bus that loads it. Of patterns, E is stentor::any_event, and the pattern comes after the name.
template <class E>
class static_handler final : public detail::static_registration {
public:
    template <class Function>
        requires(!std::is_same_v<E, any_event>)
    static_handler(const char* name, Function function, subscription_options options = {},
                   std::source_location where = std::source_location::current())
        : static_registration(name, std::move(options), where),
          make_([function = std::move(function)] { return handler<E>(function); }) {}

    template <class Function>
        requires(std::is_same_v<E, any_event>)
    static_handler(const char* name, const char* topics, Function function,
                   subscription_options options = {},
                   std::source_location where = std::source_location::current())
        : static_registration(name, std::move(options), where),
          make_([function = std::move(function)] { return handler<E>(function); }),
          topics_(topics) {}

    result<subscription, error> subscribe_at(detail::subscribe_target& target) const override {
        if constexpr (std::is_same_v<E, any_event>) {
            const auto topics = pattern::parse(topics_);
            if (!topics) {
                return unexpected<error>(topics.error());
            }
            return target.subscribe(name(), nullptr, &*topics, make_().take(), options(), where());
        } else {
            return target.subscribe(name(), &event_type_of<E>, nullptr, make_().take(), options(),
                                    where());
        }
    }

private:
    mutable inline_function<handler<E>()> make_;
    const char* topics_ = "";
};

}  // namespace stentor::inline v0

#define STENTOR_DETAIL_JOIN_NOW(left, right) left##right
#define STENTOR_DETAIL_JOIN(left, right) STENTOR_DETAIL_JOIN_NOW(left, right)

// A handler that registers itself, as a function: followed by its parameters and its body.
//     STENTOR_HANDLER(order_placed, "loyalty.points", {.tags = {"loyalty"}})
//     (const order_placed& order, stentor::context&) { add_points(order); }
#define STENTOR_HANDLER(event_type, name, ...)                                                  \
    static void STENTOR_DETAIL_JOIN(stentor_handler_, __LINE__)(const event_type&,              \
                                                                stentor::context&);             \
    static const stentor::static_handler<event_type> STENTOR_DETAIL_JOIN(stentor_registration_, \
                                                                         __LINE__){             \
        name, STENTOR_DETAIL_JOIN(stentor_handler_, __LINE__) __VA_OPT__(, ) __VA_ARGS__};      \
    static void STENTOR_DETAIL_JOIN(stentor_handler_, __LINE__)
