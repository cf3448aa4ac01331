"""Whether the filter of a unit lets through what a trace has: `calls.py UNIT TRACE`."""

import re
import subprocess
import sys


def expanded(word, groups={}):
    """The calls of a word, which may be the name of a group of groups."""
    if not word.startswith("@"):
        return {word}
    if word not in groups:
        told = subprocess.run(
            ["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True
        )
        words = [line.strip() for line in told.stdout.splitlines()[1:]]
        words = [it for it in words if re.fullmatch(r"@?[a-z0-9_-]+", it)]
        groups[word] = set().union(*(expanded(it) for it in words))
    return groups[word]


unit, trace = sys.argv[1:]
allowed = set()
for line in open(unit):
    if not line.startswith("SystemCallFilter="):
        continue
    words = line.split("=", 1)[1].split()
    if words[0].startswith("~"):
        words[0] = words[0][1:]
        allowed -= set().union(*(expanded(it) for it in words))
    else:
        allowed |= set().union(*(expanded(it) for it in words))

# From the program's own first instruction on, of each process that it starts.
calls, begun = {}, False
for line in open(trace):
    begun = begun or 'execve("/usr/bin/hotcell"' in line
    found = re.match(r"\d+ +([a-z0-9_]+)\(", line)
    if begun and found:
        calls[found[1]] = calls.get(found[1], 0) + 1
print(len(calls), "kinds of calls:", *sorted(calls))
assert len(calls) > 30, "that is no trace of a gateway"
beyond = sorted(set(calls) - allowed)
assert not beyond, f"the filter would not let through: {beyond}"
