// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/metrics/counter.hpp>
#include <stentor/registry/publish_target.hpp>
#include <stentor/registry/request.hpp>

namespace stentor::inline v0::detail {

// What the engine remembers of replies that nobody could use. Any thread; relaxed.
class reply_counts : public publish_target {
public:
    void count_reply(reply_status status) noexcept final {
        if (status == reply_status::late) {
            late_replies_.add();
        } else if (status == reply_status::duplicate) {
            duplicate_replies_.add();
        }
    }

protected:
    ~reply_counts() = default;

    shared_counter late_replies_;
    shared_counter duplicate_replies_;
};

}  // namespace stentor::inline v0::detail
