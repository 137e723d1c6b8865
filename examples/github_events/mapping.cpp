// SPDX-License-Identifier: MIT

#include "mapping.hpp"

#include "json.hpp"
#include "topic_name.hpp"
#include "topic_rules.hpp"

#include <initializer_list>
#include <optional>
#include <utility>

namespace github {
namespace {

// Reads fields by JSON pointer and remembers the first one that is not what it should be, so that
// the code below can read a whole struct and ask once.
class fields {
public:
    explicit fields(json::document& from) : from_(from) {}

    std::optional<std::string> text_if_any(std::string_view pointer) {
        std::string_view text;
        if (from_.at_pointer(pointer).get_string().get(text) != simdjson::SUCCESS) {
            return std::nullopt;
        }
        return std::string(text);
    }
    std::string text(std::string_view pointer) {
        auto found = text_if_any(pointer);
        if (!found) {
            blame(pointer, "no string");
        }
        return std::move(found).value_or(std::string());
    }
    std::int64_t number(std::string_view pointer) {
        std::int64_t value = 0;
        if (from_.at_pointer(pointer).get_int64().get(value) != simdjson::SUCCESS) {
            blame(pointer, "no number");
        }
        return value;
    }
    bool flag(std::string_view pointer) {
        bool value = false;
        if (from_.at_pointer(pointer).get_bool().get(value) != simdjson::SUCCESS) {
            blame(pointer, "no true or false");
        }
        return value;
    }
    std::int64_t size(std::string_view pointer) {
        std::size_t count = 0;
        simdjson::ondemand::array array;
        if (from_.at_pointer(pointer).get_array().get(array) != simdjson::SUCCESS ||
            array.count_elements().get(count) != simdjson::SUCCESS) {
            blame(pointer, "no list");
        }
        return static_cast<std::int64_t>(count);
    }

    [[nodiscard]] const std::string& fault() const { return fault_; }

private:
    void blame(std::string_view pointer, std::string_view why) {
        if (fault_.empty()) {
            fault_.append(pointer).append(" is missing or ").append(why);
        }
    }

    json::document& from_;
    std::string fault_;
};

// Calls `use` for each of the JSON pointers in a list with spaces between them.
template <class Use>
void for_each_pointer(std::string_view list, Use use) {
    while (!list.empty()) {
        const std::size_t stop = list.find(' ');
        use(list.substr(0, stop));
        list = stop == std::string_view::npos ? std::string_view() : list.substr(stop + 1);
    }
}

std::string topic_of(const std::string& event, const topic_rule& rule, fields& payload) {
    std::string topic = "github." + event;
    for_each_pointer(rule.tokens, [&](std::string_view pointer) {
        const auto found = payload.text_if_any(pointer);
        if (found && !found->empty()) {
            topic.append(".").append(to_token(*found));
        }
    });
    return topic;
}

std::string source_of(const topic_rule& rule, fields& payload) {
    constexpr std::string_view parent = "/..";
    std::string source;
    for_each_pointer(rule.source, [&](std::string_view pointer) {
        const bool cut_last = pointer.ends_with(parent);
        if (cut_last) {
            pointer.remove_suffix(parent.size());
        }
        auto part = payload.text_if_any(pointer);
        if (!part) {
            return;
        }
        if (cut_last) {
            part->resize(std::min(part->size(), part->rfind('/')));
        }
        source.append(source.empty() ? "" : "/").append(*part);
    });
    for (const std::string_view pointer : source_fallbacks) {
        if (source.empty()) {
            source = payload.text_if_any(pointer).value_or(std::string());
        }
    }
    return source.empty() ? std::string(source_of_last_resort) : source;
}

// The topic decides about the type, as it does for the subscribers.
any_webhook event_of(const webhook& hook, fields& payload) {
    if (hook.topic == issues_opened::topic) {
        return issues_opened{.repository = hook.repository,
                             .number = payload.number("/issue/number"),
                             .title = payload.text("/issue/title"),
                             .author = payload.text("/issue/user/login"),
                             .label = payload.text_if_any("/issue/labels/0/name").value_or("")};
    }
    if (hook.topic == pull_request_opened::topic) {
        return pull_request_opened{.repository = hook.repository,
                                   .number = payload.number("/pull_request/number"),
                                   .title = payload.text("/pull_request/title"),
                                   .author = payload.text("/pull_request/user/login"),
                                   .lines_added = payload.number("/pull_request/additions"),
                                   .lines_removed = payload.number("/pull_request/deletions")};
    }
    if (hook.topic == pull_request_closed::topic) {
        return pull_request_closed{.repository = hook.repository,
                                   .number = payload.number("/pull_request/number"),
                                   .merged = payload.flag("/pull_request/merged")};
    }
    if (hook.topic == push::topic) {
        return push{.repository = hook.repository,
                    .ref = payload.text("/ref"),
                    .pusher = payload.text("/pusher/name"),
                    .commits = payload.size("/commits"),
                    .deleted = payload.flag("/deleted")};
    }
    if (hook.topic == release_published::topic) {
        return release_published{.repository = hook.repository,
                                 .tag = payload.text("/release/tag_name"),
                                 .author = payload.text("/release/author/login")};
    }
    return untyped{};
}

}  // namespace

stentor::result<webhook, std::string> to_webhook(record& from) {
    auto opened = json::open(from.payload);
    if (opened.error() != simdjson::SUCCESS) {
        return stentor::unexpected<std::string>(simdjson::error_message(opened.error()));
    }
    fields payload(opened.value_unsafe());
    const topic_rule& rule = rule_for(from.event);

    webhook hook;
    hook.topic = topic_of(from.event, rule, payload);
    hook.source = source_of(rule, payload);
    hook.repository = payload.text_if_any("/repository/full_name").value_or(std::string());
    hook.event = event_of(hook, payload);
    if (!payload.fault().empty()) {
        return stentor::unexpected<std::string>(hook.topic + ": " + payload.fault());
    }
    return hook;
}

}  // namespace github
