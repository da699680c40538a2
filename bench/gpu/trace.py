#!/usr/bin/env python3
"""Where the time of a step goes: a table of kernels from what trace.c wrote. usage: trace.py FILE

Steps begin with the kernel `embed`, and are alike if they have as many rows and kernels. "For it" is the time from the end of the
kernels before to the kernel's own end: kernels may begin while others run, and wait.
"""

import collections
import statistics
import sys

Kernel = collections.namedtuple("Kernel", "begin end blocks blocks_y threads name")
NAME = 40  # characters that are shown
PARTS = 3  # of the steps, the first of which is not counted


def read(path):
    """The kernels in a file, in the order of their beginnings."""
    with open(path, encoding="utf-8") as lines:
        fields = [line.rstrip("\n").split(" ", 5) for line in lines]
    return sorted(Kernel(*map(int, f[:5]), f[5]) for f in fields)


def steps(kernels):
    """Lists of kernels, each from an `embed` on."""
    found = []
    for kernel in kernels:
        if kernel.name == "embed":
            found.append([])
        if found:
            found[-1].append(kernel)
    return found


def show(alike):
    """The kernels of steps that are alike."""
    span = statistics.median(step[-1].end - step[0].begin for step in alike)
    print(f"\n{alike[0][0].blocks} rows, {len(alike[0])} kernels, {len(alike)} steps of {span / 1e6:.3f} ms (median)\n")
    print("| kernel | blocks | threads | in a step | for it, µs | for all, µs |\n|---|---|---|---|---|---|")
    counts, nanos = collections.Counter(), collections.Counter()
    for step in alike:
        before = step[0].begin
        for kernel in step:
            key = kernel.name[:NAME], f"{kernel.blocks} × {kernel.blocks_y}", kernel.threads
            counts[key] += 1
            nanos[key] += max(0, kernel.end - before)
            before = max(before, kernel.end)
    for (name, blocks, threads), all_nanos in nanos.most_common():
        count = counts[name, blocks, threads]
        each, total = all_nanos / count / 1e3, all_nanos / len(alike) / 1e3
        print(f"| {name} | {blocks} | {threads} | {count / len(alike):g} | {each:.2f} | {total:.1f} |")


def main():
    kinds = collections.defaultdict(list)
    for step in steps(read(sys.argv[1])):
        kinds[step[0].blocks, len(step)].append(step)
    for alike in kinds.values():
        if len(alike) > 1:
            show(alike[len(alike) // PARTS :])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
