#!/usr/bin/env bash
# What `hotcell serve` costs beside a proxy that passes bytes on and nothing else: the gateway's
# table in docs/performance.md. Several builds are measured in turns, for a machine is not as fast
# in one minute as in the next, and what is told of each is what it took of those same minutes.
#
#   bash tests/bench/serve.sh [TURNS] [PROGRAM…]
#
#   PROGRAM         a `hotcell`; without one, the release build of this workspace, which is built
#   HOTCELL_PERF, PERFKIT  where `perfkit` is: see kit.sh
#
# Load and mock have the first core, who is measured the second. Open streams are as many as the
# limit of open files lets a process have, 10,000 at the most. Needs bash 5, taskset, curl, awk,
# sort, realpath and ss.
# shellcheck source=tests/bench/kit.sh
source "$(dirname "${BASH_SOURCE[0]}")/kit.sh"

readonly TURNS=${1:-5}
readonly SECONDS_EACH=4
readonly STARTS=10
[[ $TURNS =~ ^[0-9]{1,3}$ && $TURNS -ge 1 ]] || fail "the number of turns is between 1 and 999"
[[ $# -eq 0 ]] || shift
for tool in realpath ss; do
    type -P "$tool" >/dev/null || fail "needs $tool"
done

programs=("$@")
if [[ ${#programs[@]} -eq 0 ]]; then
    say "building the gateway; name a program to measure one that is there already"
    (cd "$root" && cargo build --locked --quiet --release -p hotcell-cli >&2)
    programs=("${CARGO_TARGET_DIR:-$root/target}/release/hotcell")
fi
for program in "${!programs[@]}"; do
    [[ -x ${programs[program]} ]] || fail "there is no program ${programs[program]}"
    # They are started in another folder as well.
    programs[program]=$(realpath "${programs[program]}")
done

start_mock
configure
# As many as are opened; without this, a thousand are answered at one time.
printf '[gateway]\nlimits.requests = 10000\n' >>"$folder/hotcell.toml"
start 1 "/_ctl?chunks=100" "$perfkit" proxy --port PORT --upstream "$mock"
at=("http://127.0.0.1:$port") pid=("$process")

# serve PROGRAM: starts it; gives `port`, `process`, and the process `worker` that serves.
serve() {
    start 1 /health/live "$1" --config "$folder/hotcell.toml" serve --listen 127.0.0.1:PORT
    worker=$(tr -d ' ' <"/proc/$process/task/$process/children")
    [[ $worker =~ ^[0-9]+$ ]] || fail "$1 has no process that serves"
}
for program in "${programs[@]}"; do
    serve "$program"
    at+=("http://127.0.0.1:$port") pid+=("$worker")
done

# ---- the load ----------------------------------------------------------------------

readonly loads=(
    "openai: small request, CPU, µs|gw_cpu_us_per|-c 16|75"
    "openai: streamed chunk, CPU, µs|gw_cpu_us_per|-c 16 --stream|9"
    "openai: prompt of 100 kB, CPU, µs|gw_cpu_us_per|-c 16 --prompt-bytes 102400|210"
    "anthropic: small request, CPU, µs|gw_cpu_us_per|-c 16|75"
    "anthropic: streamed chunk, CPU, µs|gw_cpu_us_per|-c 16 --stream|9"
    "openai: small request, p50 of one client, µs|p50|-c 1|150 more"
)

say "$TURNS turns of $SECONDS_EACH s each"
for ((turn = 0; turn < TURNS; turn++)); do
    for load in "${!loads[@]}"; do
        IFS='|' read -r name value options _ <<<"${loads[load]}"
        path=/v1/chat/completions asked="--model openai/m"
        [[ $name != anthropic* ]] || path=/v1/messages asked="--anthropic --model anthropic/m"
        for ((place = 0; place < ${#at[@]}; place++)); do
            # Another one is first in each turn.
            who=$(((place + turn) % ${#at[@]}))
            # shellcheck disable=SC2086 # Several words.
            said=$(taskset -c 0 "$perfkit" load --url "${at[who]}$path" $asked $options \
                -d "$SECONDS_EACH" --pid "${pid[who]}" --mock-pid "$mock_pid")
            [[ $(member err "$said") == 0 ]] || fail "$name: $said"
            case $value in
            p50) sed -n 's/.*"lat_us":{[^}]*"p50":\([0-9]*\).*/\1/p' <<<"$said" ;;
            *) member "$value" "$said" ;;
            esac >>"$folder/took.$load.$who"
            member other_cpu_pct "$said" >>"$folder/other"
        done
    done
done
for who in "${!pid[@]}"; do
    awk '/^VmHWM/ { printf "%.1f\n", $2 / 1024 }' "/proc/${pid[who]}/status" >"$folder/most.$who"
done

# ---- open streams ------------------------------------------------------------------

# Each has two connections.
files=$(ulimit -Sn)
[[ $files != unlimited && $files -le 20200 ]] || files=20200
streams=$(((files - 200) / 2))
[[ $streams -ge 1 ]] || fail "a process may have $files open files, which is too few"

# open WHO PROGRAM: what one open stream has of its memory, in KiB.
open() {
    # A process that has served nothing else.
    serve "$2"
    local url=http://127.0.0.1:$port/v1/chat/completions opened=0
    taskset -c 0 "$perfkit" load --url "$url" --model openai/m --stream -c "$streams" \
        --requests 1 --ramp-ms $((streams * 4)) --warmup 0 -d 300 >>"$folder/said" 2>&1 &
    local load=$!
    started+=("$load")
    for _ in {1..300}; do
        opened=$(ss -Htn state established "( sport = :$port )" | wc -l)
        [[ $opened -lt $streams ]] || break
        kill -0 "$load" 2>/dev/null || break
        sleep 0.5
    done
    [[ $opened -ge $streams ]] || fail "$2: $opened of $streams streams are open"
    # The last ones have their first chunks.
    sleep 5
    for kind in Rss Pss; do
        awk -v kind="$kind:" -v all="$streams" '$1 == kind { printf "%.1f\n", $2 / all }' \
            "/proc/$worker/smaps_rollup" >"$folder/$kind.$1"
    done
    kill "$load" "$process" 2>/dev/null || true
    wait "$load" "$process" 2>/dev/null || true
}
say "$streams open streams for each program"
# Chunks that are far from each other: what is measured is what waits.
ask -o /dev/null "$mock/_ctl?chunks=1000&gap_us=3000000&reset=1"
for program in "${!programs[@]}"; do
    open $((program + 1)) "${programs[program]}"
done
ask -o /dev/null "$mock/_ctl?chunks=100&gap_us=0&reset=1"

# ---- the start ---------------------------------------------------------------------

# begin PROGRAM: the milliseconds of each start.
begin() {
    find_port
    (cd "$folder" && "$perfkit" coldstart --addr "127.0.0.1:$port" --model openai/m \
        --runs "$STARTS" -- "$1" --config "$folder/hotcell.toml" serve \
        --listen "127.0.0.1:$port" 2>>"$folder/said") |
        sed -n 's/.*"ms":\([0-9.]*\),"ok":true.*/\1/p'
}
say "$STARTS starts of each program"
for program in "${!programs[@]}"; do
    for _ in 1 2 3; do
        begin "${programs[program]}" >"$folder/start.$((program + 1))"
        # The port may have been somebody else's.
        [[ ! -s $folder/start.$((program + 1)) ]] || break
    done
    [[ -s $folder/start.$((program + 1)) ]] ||
        say "${programs[program]} does not start: $(tail -n 3 "$folder/coldstart.log")"
done

# ---- what came of it ---------------------------------------------------------------

# row NAME TARGET FILES…: medians, and the middle half of several.
row() {
    local text="| $1 |" target=$2 file median low high
    shift 2
    for file in "$@"; do
        if [[ ! -s $file ]]; then
            text+=" – |"
            continue
        fi
        read -r median low high < <(middle <"$file")
        text+=" $median"
        [[ $(wc -l <"$file") -eq 1 ]] || text+=" ($low–$high)"
        text+=" |"
    done
    echo "$text $target |"
}

head="| | proxy |" rule="| --- | --- |"
for program in "${programs[@]}"; do
    head+=" ${program##*/} |" rule+=" --- |"
done
printf '%s target |\n%s --- |\n' "$head" "$rule"
everybody=("${!at[@]}")
for load in "${!loads[@]}"; do
    row "${loads[load]%%|*}" "≤ ${loads[load]##*|}" "${everybody[@]/#/$folder/took.$load.}"
done
row "most memory of the process that serves, MB" "≤ 60" "${everybody[@]/#/$folder/most.}"
all=() once=() starts=()
for who in "${everybody[@]}"; do
    all+=("$folder/Rss.$who") once+=("$folder/Pss.$who") starts+=("$folder/start.$who")
done
row "an open stream, of $streams, KiB (\`VmRSS\`)" "≤ 96" "${all[@]}"
row "the same, each page once (\`Pss\`), KiB" "–" "${once[@]}"
row "start to first answer, ms" "≤ 50" "${starts[@]}"
read -r median low high < <(middle <"$folder/other")
say "whatever else ran took $median % ($low–$high) of a core meanwhile"
