// SPDX-License-Identifier: MIT
#include "support/explore/memory.hpp"

#include <algorithm>

namespace stentor::explore {

namespace {

bool acquires(std::memory_order order) {
    return order == std::memory_order::acquire || order == std::memory_order::acq_rel ||
           order == std::memory_order::seq_cst || order == std::memory_order::consume;
}

bool releases(std::memory_order order) {
    return order == std::memory_order::release || order == std::memory_order::acq_rel ||
           order == std::memory_order::seq_cst;
}

bool tracked(const location& where) {
    return where.id < tracked_locations_max;
}

}  // namespace

void memory::reset(memory_model model, strategy& choices) noexcept {
    model_ = model;
    choices_ = &choices;
    ids_ = 0;
    flushable_ = 0;
    newest_.fill(0);
    total_ = {};
    heavy_ = {};
    for (unsigned task = 0; task < tasks_max; ++task) {
        task_memory& self = tasks_[task];
        self.now = {};
        // Time starts at 1, so that nobody knows of a task that has not released anything.
        self.now.clock[task] = 1;
        self.later = {};
        self.released = {};
        self.lit = {};
        self.buffer.clear();
    }
}

void memory::publish(location& where, std::uint64_t bits, const knowledge& carried) noexcept {
    ++where.newest;
    where.last().bits = bits;
    where.last().carried = carried;
    if (tracked(where)) {
        newest_[where.id] = where.newest;
    }
}

void memory::acquire_from(task_memory& self, const knowledge& carried,
                          std::memory_order order) noexcept {
    if (acquires(order)) {
        self.now.join(carried);
    } else {
        self.later.join(carried);
    }
}

std::uint64_t memory::load(unsigned task, location& where, std::memory_order order) {
    task_memory& self = tasks_[task];
    for (auto entry = self.buffer.rbegin(); entry != self.buffer.rend(); ++entry) {
        if (entry->where == &where) {
            return entry->bits;  // its own store, which the others do not see yet
        }
    }
    unsigned age = 0;
    if (model_ == memory_model::weak && tracked(where)) {
        std::uint16_t& seen = self.now.seen[where.id];
        if (order == std::memory_order::seq_cst) {
            seen = std::max(seen, total_.seen[where.id]);
        }
        const unsigned older = std::min<unsigned>(where.newest - seen, location::history - 1);
        age = older > 0 ? choices_->decide(older + 1, true) : 0;
        seen = static_cast<std::uint16_t>(where.newest - age);
    }
    const auto& record = where.stores[(where.newest - age) % location::history];
    acquire_from(self, record.carried, order);
    return record.bits;
}

void memory::store(unsigned task, location& where, std::uint64_t bits, std::memory_order order) {
    task_memory& self = tasks_[task];
    if (model_ == memory_model::tso && order != std::memory_order::seq_cst) {
        self.buffer.push_back({&where, bits, releases(order) ? self.now : self.released});
        flushable_ |= 1U << (flush_bit + task);
    } else {
        drain(task);
        if (tracked(where)) {
            self.now.seen[where.id] = static_cast<std::uint16_t>(where.newest + 1);
        }
        publish(where, bits, releases(order) ? self.now : self.released);
        if (tracked(where)) {
            // Also a relaxed store is newer than what it replaces, for whoever reads it.
            where.last().carried.seen[where.id] = where.newest;
            if (order == std::memory_order::seq_cst) {
                total_.seen[where.id] = where.newest;
            }
        }
    }
    tick(task);
}

std::uint64_t memory::begin_update(unsigned task, location& where) {
    drain(task);
    return where.last().bits;
}

void memory::commit_update(unsigned task, location& where, std::uint64_t bits,
                           std::memory_order order) {
    task_memory& self = tasks_[task];
    // A read-modify-write continues the release sequence of the store that it read.
    knowledge carried = where.last().carried;
    acquire_from(self, carried, order);
    if (tracked(where)) {
        self.now.seen[where.id] = static_cast<std::uint16_t>(where.newest + 1);
    }
    carried.join(releases(order) ? self.now : self.released);
    publish(where, bits, carried);
    if (tracked(where)) {
        where.last().carried.seen[where.id] = where.newest;
        if (order == std::memory_order::seq_cst) {
            total_.seen[where.id] = where.newest;
        }
    }
    tick(task);
}

void memory::refuse_update(unsigned task, location& where, std::memory_order order) {
    task_memory& self = tasks_[task];
    if (tracked(where)) {
        self.now.seen[where.id] = where.newest;
    }
    acquire_from(self, where.last().carried, order);
}

void memory::fence(unsigned task) noexcept {
    task_memory& self = tasks_[task];
    self.now.join(self.later);
    self.now.join_seen(total_);
    total_.join_seen(self.now);
    self.released = self.now;
    tick(task);
}

void memory::full_fence(unsigned task) {
    drain(task);
    fence(task);
}

void memory::light_fence(unsigned task) noexcept {
    task_memory& self = tasks_[task];
    self.now.join_seen(heavy_);
    self.lit = self.now;
}

void memory::heavy_fence(unsigned task) {
    for (unsigned other = 0; other < tasks_max; ++other) {
        drain(other);
    }
    task_memory& self = tasks_[task];
    for (const task_memory& other : tasks_) {
        self.now.join_seen(other.lit);
    }
    fence(task);
    self.now.join_seen(heavy_);
    heavy_.join_seen(self.now);
}

void memory::catch_up(unsigned task) noexcept {
    if (model_ == memory_model::weak) {
        knowledge all;
        all.seen = newest_;
        tasks_[task].now.join_seen(all);
    }
}

void memory::drain(unsigned task) {
    while (!tasks_[task].buffer.empty()) {
        flush(task);
    }
}

location& memory::flush(unsigned task) {
    auto& buffer = tasks_[task].buffer;
    const buffered_store oldest = buffer.front();
    buffer.erase(buffer.begin());
    publish(*oldest.where, oldest.bits, oldest.carried);
    if (buffer.empty()) {
        flushable_ &= ~(1U << (flush_bit + task));
    }
    return *oldest.where;
}

void memory::forget(const location& where) noexcept {
    for (unsigned task = 0; flushable_ != 0 && task < tasks_max; ++task) {
        auto& buffer = tasks_[task].buffer;
        std::erase_if(buffer, [&](const buffered_store& entry) { return entry.where == &where; });
        if (buffer.empty()) {
            flushable_ &= ~(1U << (flush_bit + task));
        }
    }
}

bool memory::read_plain(unsigned task, access_history& past) noexcept {
    const knowledge& now = tasks_[task].now;
    past.reads[task] = now.clock[task];
    return past.write.happened_before(now);
}

bool memory::write_plain(unsigned task, access_history& past) noexcept {
    const knowledge& now = tasks_[task].now;
    bool ordered = past.write.happened_before(now);
    for (std::uint32_t reader = 0; reader < tasks_max; ++reader) {
        ordered = ordered && epoch{past.reads[reader], reader}.happened_before(now);
    }
    past.write = {now.clock[task], task};
    past.reads.fill(0);
    return ordered;
}

}  // namespace stentor::explore
