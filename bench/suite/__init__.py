# SPDX-License-Identifier: MIT
"""The parts of bench/run.py: what is compared (workloads), how it is asked (competitor), how
repetitions are interleaved (schedule), what follows (paired), and how it is shown (report, chart).
Standard library only."""
