# Sourced by the scripts beside it, which set `root` or stand in it. Needs nothing but a POSIX shell and Python.
: "${root:=$(pwd -P)}"

# Makes the virtual environment in .venv, or leaves at once if it is complete. `--development` adds what tests need.
make_environment() {
    if [ -x "$root/.venv/bin/python" ] &&
        "$root/.venv/bin/python" "$root/scripts/_environment.py" --is-complete "$@" 2>/dev/null; then
        return 0
    fi
    base_python=$(find_python) || {
        echo "Python 3.11 or newer is needed: install it (Debian and Ubuntu: sudo apt install python3 python3-venv)." >&2
        exit 1
    }
    "$base_python" "$root/scripts/_environment.py" "$@" &
    installer=$!
    trap 'kill "$installer" 2>/dev/null; wait "$installer" || :; exit "${status_when_stopped:-143}"' TERM INT
    wait "$installer" || exit 1
    trap - TERM INT
}

# Prints the name of a Python that is new enough. A name on PATH may be a shim that does not run, so each is tried.
find_python() {
    for candidate in python3.14 python3.13 python3.12 python3.11 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

python="$root/.venv/bin/python"
