// SPDX-License-Identifier: MIT
#include "dispatch/start_gate.hpp"
#include "dispatch/thread_setup.hpp"
#include <stentor/dispatch/executor.hpp>

#include <thread>
#include <vector>

namespace stentor::inline v0 {

namespace {

class thread_executor final : public executor {
public:
    ~thread_executor() override {
        for (auto& one : threads_) {
            if (one.joinable()) {
                one.detach();  // join() was refused: its runner never returned
            }
        }
    }

    std::size_t start(std::span<runner_task* const> tasks,
                      std::chrono::milliseconds patience) override {
        for (auto* task : tasks) {
#if defined(__cpp_exceptions)
            try {
                spawn(task);
            } catch (...) {
                break;  // no thread, or no memory for one; the caller sees how many there are
            }
#else
            spawn(task);
#endif
        }
        return gate_->wait_begun(threads_.size(), patience);
    }

    bool join(std::chrono::nanoseconds deadline) noexcept override {
        if (!gate_->wait_ended(threads_.size(), deadline)) {
            return false;
        }
        for (auto& one : threads_) {
            if (one.joinable()) {
                one.join();
            }
        }
        return true;
    }

    const char* name() const noexcept override { return "threads"; }

private:
    void spawn(runner_task* task) {
        threads_.emplace_back([task, gate = gate_] {
            detail::reset_affinity();
            gate->began();
            task->run();
            gate->ended();
        });
    }

    std::shared_ptr<detail::start_gate> gate_ = std::make_shared<detail::start_gate>();
    std::vector<std::thread> threads_;
};

}  // namespace

std::shared_ptr<executor> make_thread_executor() {
    return std::make_shared<thread_executor>();
}

}  // namespace stentor::inline v0
