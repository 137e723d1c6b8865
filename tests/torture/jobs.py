# SPDX-License-Identifier: MIT
"""What ./dev torture runs: each job is one program of the tests, made to last as long as asked."""

import dataclasses
import re


@dataclasses.dataclass(frozen=True)
class Job:
    """A GoogleTest program whose amount of work is a number in a variable."""

    name: str
    about: str
    preset: str
    target: str
    folder: str  # below build/<preset>
    filter: str = "*"
    variable: str = "STENTOR_STRESS_EVENTS"
    per_second: float = 400_000  # of the variable's unit; slow machines take longer, that is all
    seed_variable: str = "STENTOR_STRESS_SEED"
    weight: float = 1.0
    says: str = r"rounds|rescues|parks|slope|subscriptions, |schedules|MiB|allocations"

    def command(self, root, seed, seconds):
        program = root / "build" / self.preset / self.folder / self.target
        amount = max(int(self.per_second * seconds), 1)
        return ([str(program), f"--gtest_filter={self.filter}", "--gtest_brief=1"],
                {self.variable: str(amount), self.seed_variable: str(seed)})

    def environment(self, root):
        return sanitizer_options(self.preset, root)

    def tells(self, line):
        return re.search(self.says, line) is not None


@dataclasses.dataclass(frozen=True)
class Fuzz:
    """A fuzzer with our own driver."""

    name: str
    about: str
    target: str
    corpus: str
    preset: str = "asan"
    per_second: float = 20_000
    weight: float = 0.5

    def command(self, root, seed, seconds):
        program = root / "build" / self.preset / "tests/fuzz" / self.target
        return ([str(program), str(root / "tests/fuzz/corpus" / self.corpus), "--runs",
                 str(int(self.per_second * seconds)), "--seed", str(seed)], {})

    def environment(self, root):
        return sanitizer_options(self.preset, root)

    def tells(self, line):
        return "runs" in line or "inputs" in line


def sanitizer_options(preset, root):
    """As in CMakePresets.json, which only ctest reads."""
    symbolizer = "external_symbolizer_path=/usr/bin/llvm-symbolizer-19"
    options = {
        "asan": {"ASAN_OPTIONS": f"{symbolizer}:detect_leaks=1:detect_stack_use_after_return=1",
                 "UBSAN_OPTIONS": f"{symbolizer}:print_stacktrace=1"},
        "tsan": {"TSAN_OPTIONS": f"{symbolizer}:second_deadlock_stack=1:history_size=4"},
        "tsan-real": {"TSAN_OPTIONS": f"{symbolizer}:second_deadlock_stack=1:history_size=4:"
                                      f"suppressions={root}/tests/tsan.supp"},
    }
    return options.get(preset, {})


def stress(name, about, subject, filter_, per_second, preset="dev", weight=1.0):
    return Job(name=name, about=about, preset=preset, target=f"stentor_stress_{subject}",
               folder="tests/stress", filter=filter_, per_second=per_second, weight=weight)


def explored(subject):
    return Job(name=f"litmus.{subject}", about="explored schedules of the protocol kernels",
               preset="dev", target=f"stentor_litmus_{subject}", folder="tests/litmus",
               variable="STENTOR_EXPLORE_SCHEDULES", per_second=4_000,
               seed_variable="STENTOR_EXPLORE_BASE", weight=0.5)


# The numbers are events (or what stands for them) that one test of the job handles in a second on
# two slow cores, divided by its share of the suite.
ALL = [
    stress("stress.slots", "small events, quick handlers", "ledger", "*__slots", 700_000,
           weight=2),
    stress("stress.boxed", "envelopes, texts, metadata", "ledger", "*__boxed", 4_000_000),
    stress("stress.fan_out", "many subscriptions and patterns", "ledger", "*__fan_out", 6_000_000),
    stress("stress.full", "lanes that are always full", "ledger", "*__full", 3_000_000),
    stress("stress.trouble", "handlers that throw, dawdle, publish", "ledger", "*__trouble",
           4_000_000),
    stress("stress.drained", "drains at any point", "ledger", "*__drained", 4_000_000),
    stress("stress.churn", "subscriptions that come and go", "churn", "*", 500_000, weight=2),
    stress("stress.ping_pong", "lost wake-ups", "ping_pong", "*", 500_000, weight=3),
    stress("stress.lifecycle", "buses that come and go", "lifecycle", "*", 1_000_000),
    stress("stress.fork", "forks under load", "fork", "*", 2_000_000),
    Job(name="stress.soak", about="slope of resident memory", preset="dev",
        target="stentor_stress_memory", folder="tests/stress", filter="*steady*",
        variable="STENTOR_SOAK_SECONDS", per_second=1, weight=2),
    Job(name="fault.allocation", about="memory that runs out on any thread", preset="dev",
        target="stentor_fault_allocation", folder="tests/fault", filter="*any_thread",
        per_second=2_000_000),
    stress("asan.ledger", "the ledger under AddressSanitizer", "ledger", "*", 30_000, "asan", 2),
    stress("asan.churn", "coming and going under AddressSanitizer", "churn", "*", 100_000, "asan",
           2),
    stress("tsan.ledger", "the ledger under ThreadSanitizer", "ledger", "*", 10_000, "tsan", 2),
    stress("tsan.churn", "coming and going under ThreadSanitizer", "churn", "*", 50_000, "tsan"),
    stress("tsan_real.ledger", "the same with the real queue and oneTBB", "ledger", "*", 10_000,
           "tsan-real"),
    Job(name="simulation", about="whole engines, step by step beside a model", preset="dev",
        target="stentor_simulation_engine", folder="tests/simulation", filter="*.keeps_*",
        variable="STENTOR_SIMULATION_SEEDS", per_second=100,
        seed_variable="STENTOR_SIMULATION_BASE", weight=2),
    *(explored(subject) for subject in ("engine", "credit_pool", "call_guard", "read_sections")),
    Fuzz("fuzz.topic", "the topic parser", "stentor_fuzz_topic", "topic"),
    Fuzz("fuzz.pattern", "the pattern parser", "stentor_fuzz_pattern", "pattern"),
    Fuzz("fuzz.json", "the JSON reader", "stentor_fuzz_json", "json"),
    Fuzz("fuzz.cbor", "the CBOR reader", "stentor_fuzz_cbor", "cbor"),
    Fuzz("fuzz.cloud_event", "the CloudEvents readers", "stentor_fuzz_cloud_event",
         "cloud_event"),
]
