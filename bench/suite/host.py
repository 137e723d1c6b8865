# SPDX-License-Identifier: MIT
"""What the numbers were taken on."""

import os
import platform
import re
from datetime import datetime, timezone
from pathlib import Path


def read(path, pattern=r"(.*)"):
    try:
        found = re.search(pattern, Path(path).read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""
    return found.group(1).strip() if found else ""


def describe():
    load = os.getloadavg()
    return {
        "when": datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": read("/proc/cpuinfo", r"model name\s*:\s*(.*)") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "virtual": "hypervisor" in read("/proc/cpuinfo", r"flags\s*:\s*(.*)").split(),
        "kernel": platform.release(),
        "memory_gib": round(int(read("/proc/meminfo", r"MemTotal:\s*(\d+)") or 0) / 2**20),
        "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or "unknown",
        "load_at_start": round(load[0], 2),
    }
