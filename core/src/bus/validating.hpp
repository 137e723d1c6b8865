// SPDX-License-Identifier: MIT
#pragma once

#include "bus/life.hpp"
#include "bus/outgoing.hpp"
#include "bus/validation_record.hpp"
#include <stentor/metrics/counter.hpp>

#include <memory>
#include <vector>

namespace stentor::inline v0::detail {

// The rules of a bus, and what publishers ask of them. Routes of topics with rules name them, so
// that publishers of other topics have nothing to look at.
//
// Threads: any; the list is under the engine's registry lock, functions run without a lock and
// outside every read section. Progress: as the functions.
class engine::life::validating {
public:
    explicit validating(engine& of) noexcept : of_(of) {}

    [[nodiscard]] result<validation, error> add(wanted_rule wanted);
    void remove(const std::shared_ptr<validation_record>& record) noexcept;
    void keep(validation kept);

    // For a route that is built. Null: nothing. With registry_ held.
    [[nodiscard]] std::shared_ptr<const topic_rules> of(const topic_entry& entry) const;

    // Of an event whose route has rules.
    [[gnu::cold]] publish_result publish_checked(publisher_slot*& slot, const request& what,
                                                 outgoing& event) noexcept;
    // The same, when interceptors have seen it.
    publish_result publish_valid(publisher_slot*& slot, const request& what, outgoing& event,
                                 const topic_rules& rules) noexcept;
    // Outside a section: what stands against one event.
    void look_at(const topic_rules& rules, const outgoing& event, violations& against) noexcept;
    // Some events of a bulk publish are invalid: said to the publisher, and counted, each.
    void refuse(publisher_slot& slot, const request& what, std::size_t invalid,
                violations&& all) noexcept;
    // Before a bulk publish, outside a section: who looks at its events; null: nobody.
    [[nodiscard]] std::shared_ptr<const topic_rules> rules_for(publisher_slot& slot,
                                                               const event_type& type) noexcept;
    // Some of the objects are invalid, and refused.
    [[nodiscard]] bool refuses(publisher_slot*& slot, const request& what, const void* first,
                               std::size_t count, const topic_rules& rules) noexcept;

    // For the snapshot.
    shared_counter warned;  // invalid, and published
    shared_counter threw;   // calls of validators

private:
    struct look {
        bool known = false;  // the topic
        std::shared_ptr<const topic_rules> rules{};
    };
    [[nodiscard]] look rules_of(publisher_slot& slot, const outgoing& event) noexcept;
    // What of it stands against the event, and what is only to be said.
    void check(const topic_rules& rules, const candidate& one, violations& against,
               violations& warning) noexcept;
    void apply(validation_record& rule, const candidate& one, violations& found) noexcept;
    template <class Call>
    void guarded(violations& found, Call&& call) noexcept;
    void warn(const candidate& one, const violations& found) noexcept;
    [[nodiscard]] std::optional<error> refusal_of(const wanted_rule& wanted) const;
    [[nodiscard]] bool reroute(const validation_record& changed) noexcept;  // registry_ held

    engine& of_;
    std::vector<std::shared_ptr<validation_record>> rules_;  // under registry_, oldest first
    std::vector<validation> kept_;                           // the same
};

}  // namespace stentor::inline v0::detail
