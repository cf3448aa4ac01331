# What the benchmarks of the gateway have in common; they source it. It finds or builds `perfkit`,
# starts what has to run, and ends all of it when the benchmark ends.
#
#   HOTCELL_PERF    a folder with `perfkit`, which loads and answers; by default ../shared/perf
#                   beside the workspace
#   PERFKIT         perfkit itself, where it is built already
#
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C

readonly KEY=sk-mock-5f8c2e91d3a74b60
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root

say() { printf '%s\n' "$*" >&2; }
fail() { say "${0##*/}: $*"; exit 1; }

for tool in taskset curl awk sort; do
    type -P "$tool" >/dev/null || fail "needs $tool"
done

folder=$(mktemp -d "${TMPDIR:-/tmp}/hotcell-bench.XXXXXX")
readonly folder
started=()
clean_up() {
    for process in "${started[@]}"; do
        kill "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- who answers -------------------------------------------------------------------

ask() { curl -qsS --noproxy '*' --max-time 10 "$@"; }

# Gives a `port`, of those that the system gives to nobody by itself.
find_port() { port=$((20000 + RANDOM % 12000)); }

# start CORE PROBE COMMAND…: with a port in the place of PORT; gives `process` and `port`.
start() {
    local core=$1 probe=$2
    shift 2
    for _ in 1 2 3 4 5; do
        find_port
        taskset -c "$core" "${@//PORT/$port}" >>"$folder/said" 2>&1 &
        process=$!
        started+=("$process")
        for _ in {1..100}; do
            kill -0 "$process" 2>/dev/null || break
            ask -o /dev/null "http://127.0.0.1:$port$probe" 2>/dev/null && return
            sleep 0.1
        done
        # The port was somebody else's.
        kill "$process" 2>/dev/null || true
    done
    fail "$1 does not start: $(cat "$folder/said")"
}

# Gives `perfkit`, which is built where there is none yet.
find_perfkit() {
    local perf=${HOTCELL_PERF:-$root/../shared/perf}
    perfkit=${PERFKIT:-$perf/perfkit/target/release/perfkit}
    if [[ ! -x $perfkit ]]; then
        [[ -f $perf/perfkit/Cargo.toml ]] || fail "there is no perfkit at $perf; set HOTCELL_PERF"
        say "building perfkit into a temporary folder; set PERFKIT to use one that is there already"
        # Nothing is written to a folder that is not ours.
        cp -R "$perf/perfkit" "$folder/perfkit"
        (cd "$folder/perfkit" && CARGO_TARGET_DIR=target cargo build --release --quiet >&2)
        perfkit=$folder/perfkit/target/release/perfkit
    fi
}

# The mock has the first core, and `mock` is where it answers.
# shellcheck disable=SC2034 # Benchmarks read `mock_pid`.
start_mock() {
    find_perfkit
    start 0 "/_ctl?chunks=100" "$perfkit" mock --port PORT
    mock_pid=$process
    mock=http://127.0.0.1:$port
}

# The mock as both providers, in $folder/hotcell.toml.
configure() {
    printf '%s' "$KEY" >"$folder/key"
    for provider in openai anthropic; do
        cat >>"$folder/hotcell.toml" <<TOML
[providers.$provider]
endpoints.api = "$mock/v1"
secrets.api-key = "file:$folder/key"
allow-private = true
allow-plaintext = true
TOML
    done
    mkdir -m 700 "$folder/cache"
    export XDG_CACHE_HOME=$folder/cache
}

# ---- what the kit says ---------------------------------------------------------------

# A number of one of its lines.
member() { sed -n "s/.*\"$1\":\(-\{0,1\}[0-9.]*\).*/\1/p" <<<"$2"; }

# Median, and the middle half.
middle() {
    sort -n | awk '
        { value[NR] = $1 }
        function at(share) { return value[int((NR - 1) * share + 1.5)] }
        END {
            half = int((NR + 1) / 2)
            median = NR % 2 ? value[half] : (value[half] + value[half + 1]) / 2
            printf "%.1f %.1f %.1f\n", median, at(0.25), at(0.75)
        }'
}
