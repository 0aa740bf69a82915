"""All benchmarks in five minutes, on small stores: scripts/bench without arguments. Figures of use need larger ones."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

# Name, options, and the folder of the store that it makes or uses.
RUNS: tuple[tuple[str, list[str], str | None], ...] = (
    ("ingest", ["--events", "50000", "--rounds", "1"], None),
    ("logstash", ["--events", "50000", "--rounds", "1"], None),
    ("store", ["--events", "100000", "--sealed"], "day"),
    ("search", ["--cold", "0"], "day"),
    ("pages", ["--number", "6"], "day"),
    ("disk", [], "day"),
    ("mixed", ["--seconds", "20"], "day"),
    ("tail", ["--seconds", "10"], None),
    ("export", [], "day"),
    ("store", ["--events", "100000", "--unsealed"], "unsealed"),
    ("search", ["--only", "Q5,Q6,Q6c,QE", "--cold", "0"], "unsealed"),
    ("store", ["--events", "90000", "--days", "90"], "quarter"),
    ("search", ["--only", "Q1", "--cold", "0"], "quarter"),
    ("client", ["--calls", "1000", "--rounds", "1", "--outage-minutes", "0.1", "--backlog", "20000"], None),
    ("assign", ["--calls", "50", "--rounds", "1"], None),
)


def main(json_file: Path | None) -> int:
    """Runs all, one after the other, and returns 1 if one of them failed. `json_file` gets what they all wrote."""
    failed, figures = [], []
    with tempfile.TemporaryDirectory(prefix="logviewer-bench-") as folder:
        for number, (name, options, store) in enumerate(RUNS):
            print(f"\n# {name} {' '.join(options)}", flush=True)
            written = Path(folder, f"{number}.json")
            where = ["--data", str(Path(folder, store)), "--json", str(written)] if store else []
            command = [sys.executable, "-m", f"benchmarks.{name}", *options, *where]
            if subprocess.run(command, check=False).returncode:
                failed.append(name)
            if written.exists():
                figures.append({"options": options, **json.loads(written.read_text())})
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1) + "\n")
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[2]) if sys.argv[1:2] == ["--json"] else None))
