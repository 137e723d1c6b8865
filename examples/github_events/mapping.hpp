// SPDX-License-Identifier: MIT
#pragma once

#include "events.hpp"
#include "record.hpp"
#include <stentor/base/result.hpp>

#include <string>

// From a record to the event that is published: its topic and metadata by the rules of
// topic_rules.hpp, and, for the types of events.hpp, the struct.
//
// Threads: any, each has a parser of its own. Progress: allocates for the strings.

namespace github {

struct webhook {
    std::string topic;       // "github.issues.opened"
    std::string source;      // URL
    std::string repository;  // "owner/name"; empty when the webhook is not about one
    any_webhook event;
};

// The webhook, or what is wrong with the payload: "/issue/number is missing or no number". Takes
// the record by reference because the parser wants some bytes of room behind the payload.
[[nodiscard]] stentor::result<webhook, std::string> to_webhook(record& from);

}  // namespace github
