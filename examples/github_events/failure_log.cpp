// SPDX-License-Identifier: MIT

#include "failure_log.hpp"

#include <stentor/resilience/dead_letter.hpp>

#include <filesystem>
#include <utility>

namespace github {

stentor::log_sink failure_log::sink() {
    return {
        .on_error =
            [this](const stentor::error_record& record) {
                std::pair kind{std::string(record.subscription), std::string(record.error)};
                const std::lock_guard lock(mutex_);
                if (examples_.contains(kind) || examples_.size() >= kept_max) {
                    return;
                }
                const std::filesystem::path file = record.location.file_name();
                example seen{
                    kind.first, kind.second, std::string(record.topic),
                    file.filename().string() + ":" + std::to_string(record.location.line())};
                examples_.emplace(std::move(kind), std::move(seen));
            },
        .on_notice =
            [this](const stentor::notice_record& record) {
                std::string kind = stentor::normalised_error(record.message);
                const std::lock_guard lock(mutex_);
                if (const auto seen = notices_.find(kind); seen != notices_.end()) {
                    ++seen->second.times;
                } else if (notices_.size() < kept_max) {
                    notices_.emplace(std::move(kind), notice{std::string(record.message)});
                }
            },
    };
}

std::vector<failure_log::example> failure_log::examples() const {
    const std::lock_guard lock(mutex_);
    std::vector<example> list;
    list.reserve(examples_.size());
    for (const auto& [kind, seen] : examples_) {
        list.push_back(seen);
    }
    return list;
}

std::vector<failure_log::notice> failure_log::notices() const {
    const std::lock_guard lock(mutex_);
    std::vector<notice> list;
    list.reserve(notices_.size());
    for (const auto& [kind, seen] : notices_) {
        list.push_back(seen);
    }
    return list;
}

}  // namespace github
