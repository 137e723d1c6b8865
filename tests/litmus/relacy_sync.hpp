// SPDX-License-Identifier: MIT
#pragma once

// relacy_sync: the Sync policy over Relacy Race Detector (Debian: relacy-dev), which runs a test
// under the C++11 memory model: loads may return old values, plain variables are checked for races.
//
// The kernels' headers must be included before this one: Relacy turns the names of the memory
// orders, `new` and `assert` into macros. They are taken away again below; here and in the tests
// the scoped names (std::memory_order::acquire) are used, which they never touch.
//
// Differences from the explorer that matter: Relacy keeps to C++11, where later plain stores of a
// thread still belong to its release sequence; and light and heavy fences are both full fences,
// which is what real_sync makes of them where the system has no membarrier.
// clang-format off: the order matters
#include <atomic>
#include <cstdint>
#include <string>
#include <type_traits>

#include <relacy/relacy.hpp>
// clang-format on

#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno
#undef memory_order_relaxed
#undef memory_order_consume
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst

namespace stentor::litmus {

// What a weakened policy changes; see the mutants of each test.
struct as_asked {
    static constexpr bool fences = true;
    static constexpr std::memory_order map(std::memory_order order) { return order; }
};
struct without_fences : as_asked {
    static constexpr bool fences = false;
};
struct without_release : as_asked {
    static constexpr std::memory_order map(std::memory_order order) {
        switch (order) {
            case std::memory_order::release: return std::memory_order::relaxed;
            case std::memory_order::acq_rel: return std::memory_order::acquire;
            default: return order;
        }
    }
};
struct without_acquire : as_asked {
    static constexpr std::memory_order map(std::memory_order order) {
        switch (order) {
            case std::memory_order::acquire: return std::memory_order::relaxed;
            case std::memory_order::acq_rel: return std::memory_order::release;
            default: return order;
        }
    }
};
struct without_total_order : as_asked {
    static constexpr std::memory_order map(std::memory_order order) {
        return order == std::memory_order::seq_cst ? std::memory_order::acq_rel : order;
    }
};

inline rl::memory_order to_relacy(std::memory_order order, bool loads, bool stores) {
    switch (order) {
        case std::memory_order::relaxed: return rl::mo_relaxed;
        case std::memory_order::consume: return rl::mo_consume;
        case std::memory_order::acquire: return rl::mo_acquire;
        case std::memory_order::release: return rl::mo_release;
        // A plain load or store has half of it.
        case std::memory_order::acq_rel:
            return loads && stores ? rl::mo_acq_rel : loads ? rl::mo_acquire : rl::mo_release;
        case std::memory_order::seq_cst: break;
    }
    return rl::mo_seq_cst;
}

template <class Raw, class T>
Raw pointee(T value) {
    if constexpr (std::is_pointer_v<T>) {
        return const_cast<Raw>(value);
    } else {
        return value;
    }
}
template <class Raw, class T>
Raw& expected_as(T& value) {
    if constexpr (std::is_pointer_v<T>) {
        return const_cast<Raw&>(value);
    } else {
        return value;
    }
}

template <class Weakness, class T>
class relacy_atomic {
    // Relacy prints pointers as void*, and so takes none to const.
    using raw =
        std::conditional_t<std::is_pointer_v<T>,
                           std::add_pointer_t<std::remove_const_t<std::remove_pointer_t<T>>>, T>;
    using add_type = typename rl::atomic_add_type<raw>::type;

public:
    relacy_atomic() : relacy_atomic(T{}) {}
    relacy_atomic(T value) : value_(pointee<raw>(value)) {}  // NOLINT(google-explicit-constructor)

    T load(std::memory_order order) const {
        return value_.load(to_relacy(Weakness::map(order), true, false), $);
    }
    void store(T value, std::memory_order order) {
        value_.store(pointee<raw>(value), to_relacy(Weakness::map(order), false, true), $);
    }
    T exchange(T value, std::memory_order order) {
        return value_.exchange(pointee<raw>(value), both(order), $);
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                                 std::memory_order failure) {
        return value_.compare_exchange(rl::bool_t<false>(), expected_as<raw>(expected),
                                       pointee<raw>(desired), both(success),
                                       to_relacy(Weakness::map(failure), true, false), $);
    }
    T fetch_add(T value, std::memory_order order) {
        return value_.fetch_add(static_cast<add_type>(value), both(order), $);
    }
    T fetch_sub(T value, std::memory_order order) {
        return value_.fetch_sub(static_cast<add_type>(value), both(order), $);
    }
    T fetch_or(T value, std::memory_order order) { return value_.fetch_or(value, both(order), $); }
    T fetch_and(T value, std::memory_order order) {
        return value_.fetch_and(value, both(order), $);
    }

private:
    static rl::memory_order both(std::memory_order order) {
        return to_relacy(Weakness::map(order), true, true);
    }

    rl::atomic<raw> value_;
};

template <class Weakness = as_asked>
struct relacy_sync {
    template <class T>
    using atomic = relacy_atomic<Weakness, T>;
    class mutex {
    public:
        void lock() { mutex_.lock($); }
        void unlock() { mutex_.unlock($); }

    private:
        rl::mutex mutex_;
    };

    static void light_fence() { fence(); }
    static void heavy_fence() { fence(); }
    static void full_fence() { fence(); }
    static void pause() { rl::yield(1, $); }

private:
    static void fence() {
        if constexpr (Weakness::fences) {
            rl::atomic_thread_fence(rl::mo_seq_cst, $);
        }
    }
};

// The answer of one simulation: "" when every execution was right, else what Relacy reports.
template <class Test>
std::string simulate(std::uint64_t executions, rl::scheduler_type_e how = rl::sched_random) {
    // Relacy's own kind of stream: memory that is taken inside a simulation belongs to it.
    rl::ostringstream out;
    rl::test_params params;
    params.iteration_count = executions;
    params.search_type = how;
    params.context_bound = 3;
    params.output_stream = &out;
    params.progress_stream = &out;
    rl::simulate<Test>(params);
    return params.test_result == rl::test_result_success ? "" : out.str().c_str();
}

}  // namespace stentor::litmus
