// SPDX-License-Identifier: MIT
#include "event/json_schema_compiler.hpp"

#include "event/text_excerpt.hpp"

#include <algorithm>

// The order of things: texts, then schemas as they are wanted, then circles. The keywords are in
// json_schema_keywords.cpp.

namespace stentor::inline v0::detail {

bool schema_compiler::fail(json_schema_error why) {
    error_ = std::move(why);
    return false;
}

bool schema_compiler::fail(json_schema_errc code, std::string_view message,
                           const std::string& step) {
    auto place = place_;
    if (!keyword_.empty()) {
        place.pointer += '/';
        place.pointer += pointer_token(keyword_);
    }
    if (!step.empty()) {
        place.pointer += '/';
        place.pointer += step;
    }
    return fail(resources_.error_at(place, code, message));
}

std::optional<json_schema_error> schema_compiler::run(std::string_view text) {
    bool ok = load({}, text);
    for (const auto& other : options_.documents) {
        ok = ok && load(other.uri, other.text);
    }
    if (ok) {
        auto start = resources_.follow(resources_.root(0), options_.pointer);
        if (!start) {
            return std::move(start).error();
        }
        want(*std::move(start));
        while (ok && program_.schemas.size() < places_.size()) {
            ok = compile_next();
        }
    }
    if (ok) {
        static_cast<void>(find_circles());
    }
    return std::move(error_);
}

bool schema_compiler::load(std::string_view uri, std::string_view text) {
    const auto root = document_.add(
        document_.keep(std::string(text)),
        {.bytes_max = options_.schema_bytes_max, .depth_max = json_schema_nesting_max});
    if (!root && root.error().code == codec_errc::no_memory) {
        return fail({json_schema_errc::no_memory, {}, "out of memory"});
    }
    if (!root) {
        const std::string which =
            uri.empty() ? "the schema" : "the document " + quoted_excerpt(uri, 0);
        return fail({json_schema_errc::malformed, {}, which + ": " + root.error().message()});
    }
    auto wrong = resources_.add(uri, *root);
    return wrong ? fail(*std::move(wrong)) : true;
}

// The place's index; a place that nobody wanted before will be compiled.
schema_index schema_compiler::want(schema_place place) {
    const auto [known, added] =
        known_.try_emplace(place.node, static_cast<schema_index>(places_.size()));
    if (added) {
        places_.push_back(std::move(place));
    }
    return known->second;
}

std::vector<schema_index> schema_compiler::applied_in_place(const schema_node& schema) {
    std::vector<schema_index> all;
    const auto add = [&](schema_index one) {
        if (one != no_schema) {
            all.push_back(one);
        }
    };
    add(schema.reference);
    if (schema.combined != nullptr) {
        const auto& combined = *schema.combined;
        for (const auto* list : {&combined.all_of, &combined.any_of, &combined.one_of}) {
            all.insert(all.end(), list->begin(), list->end());
        }
        add(combined.none_of);
        add(combined.condition);
        add(combined.consequence);
        add(combined.alternative);
    }
    if (schema.objects != nullptr) {
        for (const auto& one : schema.objects->dependencies) {
            add(one.schema);
        }
    }
    return all;
}

bool schema_compiler::find_circles() {
    // Each schema with those that are applied to the same value. One that is open, and comes again
    // below itself, would never end.
    enum class states : std::uint8_t { fresh, open, done };
    struct step {
        schema_index schema;
        std::vector<schema_index> next;
    };
    std::vector<states> state(program_.schemas.size(), states::fresh);
    std::vector<step> way;
    const auto enter = [&](schema_index schema) {
        state[schema] = states::open;
        way.push_back({schema, applied_in_place(program_.schemas[schema])});
    };
    for (schema_index start = 0; start < program_.schemas.size(); ++start) {
        if (state[start] == states::fresh) {
            enter(start);
        }
        while (!way.empty()) {
            auto& last = way.back();
            if (last.next.empty()) {
                state[last.schema] = states::done;
                way.pop_back();
                continue;
            }
            const auto next = last.next.back();
            last.next.pop_back();
            if (state[next] == states::open) {
                place_ = places_[next];
                keyword_ = {};
                return fail(json_schema_errc::endless_reference,
                            "its references lead back to itself without going into the value, so "
                            "that checking it would never end; take one of them out");
            }
            if (state[next] == states::fresh) {
                enter(next);
            }
        }
    }
    return true;
}

}  // namespace stentor::inline v0::detail
