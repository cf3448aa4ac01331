#!/usr/bin/env bash
# What one whole process costs: `hotcell chat` beside `curl`, which ask the same of the
# same mock on loopback, and beside `true`, which does nothing. The compiled adapter is
# in the cache. The programs have their turns one after the other, so that whatever
# else the machine does meets all of them alike.
#
#   bash tests/bench/oneshot.sh [RUNS]
#
#   HOTCELL        the binary to measure; without it, one is built (release)
#   HOTCELL_PERF   a folder with `perfkit`, whose mock is quicker than our own;
#                  by default ../shared/perf beside the workspace
#   PERFKIT        perfkit itself, where it is built already
#
# Needs bash 5 (for its clock), curl, awk and sort.
set -euo pipefail
export LC_ALL=C

readonly RUNS=${1:-100}
readonly MODEL=gpt-4o-mini
readonly PROMPT="Tell me of the lamp."
readonly KEY=sk-mock-5f8c2e91d3a74b60
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root

say() { printf '%s\n' "$*" >&2; }
fail() { say "oneshot.sh: $*"; exit 1; }

[[ ${BASH_VERSINFO[0]} -ge 5 ]] || fail "needs bash 5, and this is $BASH_VERSION"
[[ $RUNS =~ ^[0-9]{1,4}$ && $RUNS -ge 3 ]] || fail "the number of runs is between 3 and 9999"
for tool in curl awk sort; do
    type -P "$tool" >/dev/null || fail "needs $tool"
done
readonly true_path=$(type -P true) curl_path=$(type -P curl)

folder=$(mktemp -d "${TMPDIR:-/tmp}/hotcell-oneshot.XXXXXX")
readonly folder
mock=
clean_up() {
    if [[ -n $mock ]]; then
        kill "$mock" 2>/dev/null || true
        wait "$mock" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Builds with this workspace's own target folder; prints where the binary is.
build() {
    (cd "$root" && cargo build --release --quiet "$@" >&2)
    local target=${CARGO_TARGET_DIR:-target}
    case $target in /*) ;; *) target=$root/$target ;; esac
    printf '%s\n' "$target/release"
}

hotcell=${HOTCELL:-}
if [[ -z $hotcell ]]; then
    say "building hotcell; set HOTCELL to measure a binary that is there already"
    hotcell=$(build -p hotcell-cli)/hotcell
fi
[[ -x $hotcell ]] || fail "there is no program $hotcell"

# ---- the mock ----------------------------------------------------------------------

perf=${HOTCELL_PERF:-$root/../shared/perf}
perfkit=${PERFKIT:-$perf/perfkit/target/release/perfkit}
if [[ ! -x $perfkit && -f $perf/perfkit/Cargo.toml ]]; then
    say "building perfkit into a temporary folder; set PERFKIT to use one that is there already"
    # Nothing is written to a folder that is not ours.
    cp -R "$perf/perfkit" "$folder/perfkit"
    (cd "$folder/perfkit" && CARGO_TARGET_DIR=target cargo build --release --quiet >&2)
    perfkit=$folder/perfkit/target/release/perfkit
fi

answers() { "$curl_path" -qs --noproxy '*' --max-time 1 -o "$folder/probe" "$1"; }

if [[ -x $perfkit ]]; then
    for _ in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 20000))
        "$perfkit" mock --port "$port" >/dev/null 2>&1 &
        mock=$!
        url=http://127.0.0.1:$port
        for _ in {1..50}; do
            kill -0 "$mock" 2>/dev/null || break
            answers "$url/_ctl?chunks=100" && break 2
            sleep 0.1
        done
        # The port was somebody else's.
        kill "$mock" 2>/dev/null || true
        wait "$mock" 2>/dev/null || true
        mock=
    done
    [[ -n $mock ]] || fail "perfkit's mock does not start"
    mock_name="perfkit's mock, 100 chunks a stream"
else
    say "There is no perfkit at $perf, which is not part of this repository:"
    say "the mock of this workspace answers instead. It is slower, for both alike."
    serve=$(build -p hotcell-mock --example serve)/examples/serve
    mkfifo "$folder/said"
    "$serve" >"$folder/said" &
    mock=$!
    url=
    { read -r -t 10 _ url && read -r -t 10 _ _; } <"$folder/said" || true
    [[ $url == http://127.0.0.1:* ]] || fail "the mock does not start"
    mock_name="hotcell-mock"
fi

# ---- the programs ------------------------------------------------------------------

printf '%s' "$KEY" >"$folder/key"
cat >"$folder/hotcell.toml" <<TOML
[providers.openai]
endpoints.api = "$url/v1"
secrets.api-key = "file:$folder/key"
allow-private = true
allow-plaintext = true
limits.total-ms = 10000
TOML
mkdir -m 700 "$folder/cache"
export HOTCELL_CONFIG=$folder/hotcell.toml XDG_CACHE_HOME=$folder/cache
unset HOTCELL_MODEL

body() {
    printf '{"model":"%s","messages":[{"role":"user","content":"%s"}]%s}' "$MODEL" "$PROMPT" "$1"
}
whole_body=$(body "")
stream_body=$(body ',"stream":true,"stream_options":{"include_usage":true}')
curl_command=("$curl_path" -qsSN --fail --noproxy '*' --max-time 10
    -H "content-type: application/json" -H "authorization: Bearer $KEY"
    "$url/v1/chat/completions" -d)
hotcell_command=("$hotcell" chat -m "openai/$MODEL")

names=("true" "curl" "hotcell chat --no-stream" "curl, streamed" "hotcell chat")
run() {
    case $1 in
    0) "$true_path" ;;
    1) "${curl_command[@]}" "$whole_body" ;;
    2) "${hotcell_command[@]}" --no-stream "$PROMPT" ;;
    3) "${curl_command[@]}" "$stream_body" ;;
    4) "${hotcell_command[@]}" "$PROMPT" ;;
    esac
}

# CPU time of all children so far, in ms. Without a subshell, which would be a child.
children_ms() {
    local field
    times >"$folder/times"
    cpu=0
    { read -r _ && read -r -a field; } <"$folder/times"
    for field in "${field[@]}"; do
        field=${field%s}
        local seconds=${field#*m}
        cpu=$((cpu + ${field%%m*} * 60000 + 10#${seconds%.*} * 1000 + 10#${seconds#*.}))
    done
}

for program in "${!names[@]}"; do
    run "$program" >"$folder/out" 2>"$folder/err" </dev/null ||
        fail "${names[program]} does not work: $(cat "$folder/err")"
    [[ $program == 0 || -s $folder/out ]] || fail "${names[program]} says nothing"
done

say "$RUNS runs of each, against $mock_name"
for ((round = 0; round < RUNS; round++)); do
    for ((turn = 0; turn < ${#names[@]}; turn++)); do
        # Another one is first in each round.
        program=$(((turn + round) % ${#names[@]}))
        children_ms
        before=$cpu
        started=$EPOCHREALTIME
        run "$program" >/dev/null 2>&1 </dev/null
        ended=$EPOCHREALTIME
        children_ms
        echo "$((${ended/./} - ${started/./})) $((cpu - before))" >>"$folder/took.$program"
    done
done

# ---- what came of it ---------------------------------------------------------------

echo "| process | median, ms | p90, ms | CPU, ms (mean) | times curl |"
echo "| --- | --- | --- | --- | --- |"
base=
for program in "${!names[@]}"; do
    row=$(sort -n "$folder/took.$program" | awk '
        { time[NR] = $1; cpu += $2 }
        END {
            half = int((NR + 1) / 2)
            median = NR % 2 ? time[half] : (time[half] + time[half + 1]) / 2
            printf "%.2f %.2f %.2f", median / 1000, time[int(NR * 0.9 + 0.5)] / 1000, cpu / NR
        }')
    read -r median p90 mean <<<"$row"
    ratio=–
    case $program in
    1 | 3) base=$median ratio=1 ;;
    2 | 4) ratio=$(awk -v a="$median" -v b="$base" 'BEGIN { printf "**%.2f**", a / b }') ;;
    esac
    echo "| \`${names[program]}\` | $median | $p90 | $mean | $ratio |"
done
