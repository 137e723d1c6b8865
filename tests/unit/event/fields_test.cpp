// SPDX-License-Identifier: MIT
#include <stentor/event/fields.hpp>

#include "support/described.hpp"
#include <stentor/event/event_traits.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

template <class... Field, stentor::detail::fixed_text Name>
std::vector<std::string_view> names_of(stentor::detail::field_list<Name, Field...>) {
    return {Field::name...};
}

template <class T>
std::vector<std::string_view> names() {
    return names_of(typename stentor::detail::description_of<T>::type{});
}

template <class T>
constexpr std::string_view type_name = stentor::detail::description_of<T>::type::type_name;

struct order_placed {
    static constexpr std::string_view topic = "order.placed";
    enum class state { open, closed };

    std::string id;
    long cents = 0;
    state where = state::open;

    STENTOR_FIELDS(order_placed, id, cents, where);
};
STENTOR_ENUM(order_placed::state, open, closed);

struct undescribed {
    int number = 0;
};
struct derived : order_placed {};

class hidden {
public:
    STENTOR_FIELDS(hidden, number_);

private:
    int number_ = 0;
};

struct wide {
    int a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2,
        c3, c4, c5, c6, c7, c8, c9, d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, e0, e1, e2, e3, e4, e5,
        e6, e7, e8, e9, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, g0, g1, g2, g3, g4, g5, g6, g7, g8,
        g9;
};
STENTOR_FIELDS(wide, a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9,
               c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, e0,
               e1, e2, e3, e4, e5, e6, e7, e8, e9, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, g0, g1,
               g2, g3, g4, g5, g6, g7, g8, g9);

}  // namespace

TEST(fields, are_those_that_were_named_in_their_order) {
    EXPECT_EQ(names<order_placed>(), (std::vector<std::string_view>{"id", "cents", "where"}));
    EXPECT_EQ(names<described::card>(), std::vector<std::string_view>{"number"});
    EXPECT_TRUE(names<described::empty>().empty());
    EXPECT_EQ(names<wide>().size(), 70);
    EXPECT_EQ(names<wide>().back(), "g9");
}

TEST(fields, may_be_private_and_of_a_template) {
    EXPECT_EQ(names<hidden>(), std::vector<std::string_view>{"number_"});
    EXPECT_EQ(names<described::box<int>>(), std::vector<std::string_view>{"value"});
}

TEST(fields, add_nothing_to_the_type) {
    struct plain {
        int number;
    };
    struct same {
        int number;
        STENTOR_FIELDS(same, number);
    };
    static_assert(sizeof(same) == sizeof(plain) && std::is_aggregate_v<same> &&
                  std::is_trivially_copyable_v<same>);
    static_assert(stentor::event<order_placed>);
    EXPECT_EQ(same{7}.number, 7);
}

TEST(fields, name_the_type_without_its_namespace) {
    EXPECT_EQ(type_name<described::card>, "card");  // given as described::card
    EXPECT_EQ(type_name<order_placed>, "order_placed");
}

TEST(fields, belong_to_one_type) {
    static_assert(stentor::described<order_placed> && stentor::described<order_placed::state>);
    static_assert(stentor::described<described::colour> && stentor::described<hidden>);
    static_assert(!stentor::described<undescribed> && !stentor::described<int>);
    static_assert(!stentor::described<derived>);  // it may have members of its own
    EXPECT_FALSE(stentor::described<std::string>);
}

TEST(enum_names, have_the_values_of_their_enumerators) {
    constexpr auto names = stentor_names(stentor::detail::names_tag<described::weight>{});
    static_assert(names.all.size() == 2);
    EXPECT_EQ(names.all[0].name, "light");
    EXPECT_EQ(names.all[0].value, 7);
    EXPECT_EQ(names.all[1].value, stentor::detail::enum_value(described::weight::heavy));
}
