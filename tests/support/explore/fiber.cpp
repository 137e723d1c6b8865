// SPDX-License-Identifier: MIT
#include "support/explore/fiber.hpp"

#include <ucontext.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define STENTOR_FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STENTOR_FIBER_ASAN 1
#endif
#endif
#if defined(__x86_64__) && !defined(STENTOR_FIBER_ASAN)
#define STENTOR_FIBER_NATIVE 1
#endif

#if defined(STENTOR_FIBER_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif

#if defined(STENTOR_FIBER_NATIVE)
// swapcontext() saves the signal mask with a system call at every switch; saving the registers that
// a called function must keep is all that is needed here, and some thirty times cheaper.
extern "C" void stentor_fiber_switch(void** save, void* load) noexcept;
__asm__(
    ".text\n"
    ".p2align 4\n"
    ".globl stentor_fiber_switch\n"
    ".hidden stentor_fiber_switch\n"
    ".type stentor_fiber_switch,@function\n"
    "stentor_fiber_switch:\n"
    "  pushq %rbp\n"
    "  pushq %rbx\n"
    "  pushq %r12\n"
    "  pushq %r13\n"
    "  pushq %r14\n"
    "  pushq %r15\n"
    "  movq %rsp, (%rdi)\n"
    "  movq %rsi, %rsp\n"
    "  popq %r15\n"
    "  popq %r14\n"
    "  popq %r13\n"
    "  popq %r12\n"
    "  popq %rbx\n"
    "  popq %rbp\n"
    "  ret\n"
    ".size stentor_fiber_switch,.-stentor_fiber_switch\n");
#endif

namespace stentor::explore {

namespace {

constexpr std::size_t stack_size = 256 * 1024;

// The fiber that runs first on a new stack finds itself here: entry functions get no arguments.
thread_local fiber::impl* starting = nullptr;

}  // namespace

struct fiber::impl {
    entry_function entry = nullptr;
    void* argument = nullptr;
    char* stack = nullptr;  // the lowest page is a guard
    std::size_t mapped = 0;
#if defined(STENTOR_FIBER_NATIVE)
    void* saved_stack_pointer = nullptr;
#else
    ucontext_t context{};
#endif
#if defined(STENTOR_FIBER_ASAN)
    void* fake_stack = nullptr;
    const void* asan_bottom = nullptr;
    std::size_t asan_size = 0;
    impl* came_from = nullptr;
#endif
};

namespace {

// Both sides of every switch tell AddressSanitizer; without it these do nothing.
void before_switch([[maybe_unused]] fiber::impl& from, [[maybe_unused]] fiber::impl& to) noexcept {
#if defined(STENTOR_FIBER_ASAN)
    to.came_from = &from;
    __sanitizer_start_switch_fiber(&from.fake_stack, to.asan_bottom, to.asan_size);
#endif
}

void after_switch([[maybe_unused]] fiber::impl& self) noexcept {
#if defined(STENTOR_FIBER_ASAN)
    // The bounds of a thread's own stack become known when it is left for the first time.
    fiber::impl& previous = *self.came_from;
    __sanitizer_finish_switch_fiber(self.fake_stack, &previous.asan_bottom, &previous.asan_size);
#endif
}

void start() {
    fiber::impl& self = *starting;
    after_switch(self);
    self.entry(self.argument);
    std::fputs("explore: a fiber's entry function returned\n", stderr);
    std::abort();
}

void prepare(fiber::impl& self) {
#if defined(STENTOR_FIBER_NATIVE)
    // What the first switch pops: six registers, then the address it returns to. The zero above
    // stands for start()'s own return address: it gives the alignment that a function expects at
    // its entry, and ends a debugger's walk.
    auto* top = reinterpret_cast<std::uintptr_t*>(self.stack + self.mapped);
    *--top = 0;
    *--top = reinterpret_cast<std::uintptr_t>(&start);
    for (int saved_register = 0; saved_register < 6; ++saved_register) {
        *--top = 0;
    }
    self.saved_stack_pointer = top;
#else
    getcontext(&self.context);
    self.context.uc_stack.ss_sp = self.stack;
    self.context.uc_stack.ss_size = self.mapped;
    self.context.uc_link = nullptr;
    makecontext(&self.context, start, 0);
#endif
}

}  // namespace

fiber::fiber() noexcept : impl_(new impl) {}

fiber::fiber(entry_function entry, void* argument) : impl_(new impl) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    impl_->entry = entry;
    impl_->argument = argument;
    impl_->mapped = stack_size + page;
    void* memory = mmap(nullptr, impl_->mapped, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, page, PROT_NONE) != 0) {
        std::perror("explore: no memory for a fiber's stack");
        std::abort();
    }
    impl_->stack = static_cast<char*>(memory);
#if defined(STENTOR_FIBER_ASAN)
    impl_->asan_bottom = impl_->stack + page;
    impl_->asan_size = stack_size;
    // What only a suspended fiber points to is not a leak.
    __lsan_register_root_region(impl_->stack + page, stack_size);
#endif
    prepare(*impl_);
}

fiber::~fiber() {
    if (impl_->stack != nullptr) {
#if defined(STENTOR_FIBER_ASAN)
        __lsan_unregister_root_region(impl_->asan_bottom, impl_->asan_size);
        ASAN_UNPOISON_MEMORY_REGION(impl_->asan_bottom, impl_->asan_size);
#endif
        munmap(impl_->stack, impl_->mapped);
    }
    delete impl_;
}

void fiber::switch_to(fiber& from, fiber& to) noexcept {
    before_switch(*from.impl_, *to.impl_);
    starting = to.impl_;
#if defined(STENTOR_FIBER_NATIVE)
    stentor_fiber_switch(&from.impl_->saved_stack_pointer, to.impl_->saved_stack_pointer);
#else
    swapcontext(&from.impl_->context, &to.impl_->context);
#endif
    after_switch(*from.impl_);
}

}  // namespace stentor::explore
