// SPDX-License-Identifier: MIT
#pragma once

#include "seeds.hpp"
#include <stentor/base/clock.hpp>
#include <stentor/event/metadata.hpp>
#include <stentor/registry/publish_target.hpp>
#include <stentor/testing/history.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stentor::inline v0::testing::detail {

// A copy of an event, made before somebody moves from the event.
class event_copy {
public:
    event_copy() noexcept = default;
    event_copy(event_copy&& other) noexcept;
    event_copy& operator=(event_copy&& other) noexcept;
    ~event_copy();

    // Empty when the type cannot be copied, or its copy constructor throws.
    [[nodiscard]] static event_copy of(const event_type& type, const void* object) noexcept;

    [[nodiscard]] const void* get(const event_type& type) const noexcept;
    // Null when empty.
    [[nodiscard]] void* object() noexcept { return object_; }

private:
    const event_type* type_ = nullptr;
    void* object_ = nullptr;
};

// What there is to tell about one call of publish. Written while it is made, then constant.
struct publication {
    std::string topic{};
    publish_status status = publish_status::accepted;
    event_id id{};
    std::string correlation_id{};
    std::optional<event_id> causation_id{};
    std::int32_t depth = 0;
    std::string publisher{};
    std::string user_id{};
    std::string key{};
    std::int64_t unix_ns = 0;
    event_copy value{};
    std::string text{};
};

// Stands where publishers expect the engine: notes what passes, and passes it on. Without an engine
// behind it, it answers itself.
//
// Threads: any. Progress: takes a lock and allocates, which is a test's to afford.
class recorder final : public stentor::detail::publish_target {
public:
    // Answers itself until it is given an engine.
    explicit recorder(std::uint64_t seed, publish_status answer = publish_status::accepted) noexcept
        : dice_(seed), answer_(answer) {}

    void pass_on_to(publish_target& engine) noexcept { engine_ = &engine; }
    void tell_time_by(clock& source) noexcept { clock_ = &source; }
    // The subscription whose handler runs; empty: none.
    std::string_view running{};

    [[nodiscard]] history events() const;
    void forget();

    void publish_small(publish_result& made, const event_type& type, const std::byte* payload,
                       stentor::detail::publisher_slot* slot) noexcept override;
    publish_result publish_slot(const request& what, const std::byte* payload) noexcept override;
    publish_result publish_boxed(const request& what, void* object) noexcept override;
    publish_result publish_text(const request& what, std::string_view topic,
                                std::string& text) noexcept override;
    void count_reply(stentor::reply_status status) noexcept override {
        if (engine_ != nullptr) {
            engine_->count_reply(status);
        }
    }
    std::size_t publish_bulk(const request& what, void* first, std::size_t count, bool move,
                             publish_status& last) noexcept override;

private:
    [[nodiscard]] std::shared_ptr<publication> begin(const request& what, std::string_view topic);
    publish_result end(publication& about, const request& what, publish_result result) noexcept;
    [[nodiscard]] publish_result answer() noexcept;
    publish_result one_of_many(const request& what, std::byte* object, bool move) noexcept;

    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<publication>> events_;  // under mutex_
    publish_target* engine_ = nullptr;
    clock* clock_ = nullptr;
    dice dice_;  // for ids that no engine makes
    publish_status answer_;
};

}  // namespace stentor::inline v0::testing::detail
