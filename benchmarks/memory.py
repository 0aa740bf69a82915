"""Prints the PSS of every process of a running logviewer: scripts/bench memory PID (the pid of `up`)."""

import sys

from benchmarks import machine


def main(pid: int) -> None:
    total = 0.0
    for one in machine.tree(pid):
        pss = machine.pss_mib(one)
        total += pss
        print(f"{pss:8.1f} MiB  {one:>7}  {machine.command(one)[:100]}")
    print(f"{total:8.1f} MiB  in all")


if __name__ == "__main__":
    main(int(sys.argv[1]))
