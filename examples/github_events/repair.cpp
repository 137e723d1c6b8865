// SPDX-License-Identifier: MIT

#include "repair.hpp"

#include <stentor/bus/dead_letters.hpp>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace github {
namespace {

void list_handlers(repair_account& told, const stentor::bus_snapshot& before) {
    for (const auto& row : before.subscriptions) {
        if (row.retried == 0 && row.fell_back == 0 && row.terms.dead_lettered == 0) {
            continue;
        }
        const auto fell_back = static_cast<std::int64_t>(row.fell_back);
        told.handlers.push_back({.name = row.name,
                                 .deliveries = row.terms.terminal(),
                                 .completed = row.terms.completed - fell_back,
                                 .fell_back = fell_back,
                                 .dead_lettered = row.terms.dead_lettered,
                                 .retried = static_cast<std::int64_t>(row.retried)});
    }
}

void list_letters(repair_account& told, const stentor::dead_letters& letters) {
    auto groups = letters.stats();
    if (!groups) {
        told.trouble.push_back(groups.error().message);
        return;
    }
    told.groups = *std::move(groups);
    for (const auto& group : told.groups) {
        told.letters += group.count;
    }
    // What is dead-lettered and not in the store can only be there.
    told.in_emergency_file = -static_cast<std::int64_t>(told.letters);
    for (const auto& handler : told.handlers) {
        told.in_emergency_file += handler.dead_lettered;
    }
}

void bring_back(repair_account& told, stentor::dead_letters letters) {
    auto redriven = letters.redrive({});
    if (redriven) {
        told.redriven = *std::move(redriven);
    } else {
        told.trouble.push_back(redriven.error().message());
    }
    const auto recovered = letters.recover(told.emergency_file);
    if (recovered) {
        told.recovered = {.records = recovered->file.records,
                          .recovered = recovered->redriven.redriven,
                          .damaged = recovered->file.damaged.size(),
                          .not_stored = recovered->not_stored.size()};
    } else {
        told.trouble.push_back(recovered.error().message());
    }
}

void count_brought_back(repair_account& told, const stentor::bus_snapshot& before,
                        const stentor::bus_snapshot& after) {
    const auto completed = [](const stentor::bus_snapshot& at, const std::string& name) {
        const auto& rows = at.subscriptions;
        const auto row = std::find_if(rows.begin(), rows.end(),
                                      [&](const auto& each) { return each.name == name; });
        return row == rows.end() ? std::int64_t{0} : row->terms.completed;
    };
    for (auto& handler : told.handlers) {
        handler.brought_back = completed(after, handler.name) - completed(before, handler.name);
    }
}

}  // namespace

bool repair_account::file_is_done() const noexcept {
    return recovered && recovered->recovered == recovered->records && recovered->damaged == 0 &&
           recovered->not_stored == 0;
}

repair_account look_and_repair(stentor::bus& bus, troubles& all, const std::string& emergency_file,
                               bool stopped) {
    repair_account told;
    told.emergency_file = emergency_file;
    const stentor::bus_snapshot before = bus.snapshot();
    const stentor::dead_letters letters = bus.dead_letters();
    list_handlers(told, before);
    list_letters(told, letters);
    told.chat = all.chat.told();
    told.breaker_openings = all.breaker_openings.load(std::memory_order_relaxed);
    if (!stopped) {
        all.repair();
        bring_back(told, letters);
        count_brought_back(told, before, bus.snapshot());
    }
    told.left = letters.store().room().letters;
    return told;
}

emergency_place::~emergency_place() {
    std::error_code none;  // a file that is not there, or no usual one, stays as it is
    if (std::filesystem::file_size(path_, none) == 0 && !none) {
        remove();
    }
}

void emergency_place::remove() const {
    std::error_code ignored;  // a file that stays is no failure of the run
    std::filesystem::remove(path_, ignored);
}

}  // namespace github
