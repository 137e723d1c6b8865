// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// The pieces of Prometheus text that have rules of their own: label values, which may hold anything
// but must be escaped UTF-8, and seconds, which must not lose nanoseconds to a double.

namespace stentor::inline v0::detail {

// Appends `name="value"`, with a comma before it when labels holds something already. Bytes that
// are not UTF-8 become U+FFFD, because one of them would make a scraper refuse the whole page.
void append_label(std::string& labels, std::string_view name, std::string_view value);

// Appends nanoseconds as decimal seconds, exactly and without surplus zeros: 1500000000 is 1.5.
void append_seconds(std::string& out, std::int64_t ns);

}  // namespace stentor::inline v0::detail
