#!/usr/bin/env bash
# What cells cost a gateway: one program, once with its adapters in cells and once with
# their crates linked into it, under the same load, in turns. The proxy of the kit, which passes
# bytes on and nothing else, has its turns too: where it takes longer than elsewhere, so does
# everything.
#
#   bash tests/bench/gateway.sh [TURNS]
#
#   HOTCELL_NATIVE  the program, where it is built already; without it, it is built, which
#                   takes a while. With CARGO_PROFILE_NATIVE_LTO=fat it is optimised as a
#                   whole, as `hotcell` is, and that takes longer
#   HOTCELL_PERF, PERFKIT  where `perfkit` is: see kit.sh
#
# Load and mock have the first core, the gateway the second. Needs bash 5, taskset, curl, awk
# and sort.
# shellcheck source=tests/bench/kit.sh
source "$(dirname "${BASH_SOURCE[0]}")/kit.sh"

readonly TURNS=${1:-5}
readonly SECONDS_EACH=4
[[ $TURNS =~ ^[0-9]{1,3}$ && $TURNS -ge 1 ]] || fail "the number of turns is between 1 and 999"

# The flag is for this program alone, and so is the folder: everything is built anew under it.
program=${HOTCELL_NATIVE:-}
if [[ -z $program ]]; then
    say "building the gateway; set HOTCELL_NATIVE to measure one that is there already"
    target=${CARGO_TARGET_DIR:-$root/target}/native
    (cd "$root" && RUSTFLAGS="--cfg hotcell_native" cargo build --locked --quiet \
        --profile native --target-dir "$target" -p hotcell-native >&2)
    program=$target/native/hotcell-native
fi
[[ -x $program ]] || fail "there is no program $program"

start_mock
configure
readonly ways=(proxy cells native)
declare -A at pid
for way in "${ways[@]}"; do
    case $way in
    proxy) start 1 "/_ctl?chunks=100" "$perfkit" proxy --port PORT --upstream "$mock" ;;
    *) start 1 /health/live "$program" "$way" "$folder/hotcell.toml" 127.0.0.1:PORT ;;
    esac
    at[$way]=http://127.0.0.1:$port pid[$way]=$process
done

# With cells and without, the same is said.
for path in /v1/chat/completions /v1/messages; do
    [[ $path == */messages ]] && model=anthropic/m || model=openai/m
    for stream in false true; do
        body='{"model":"'$model'","max_tokens":100,"stream":'$stream',"messages":[{"role":"user","content":"Tell me of the lamp."}]}'
        for way in cells native; do
            ask --fail-with-body -H "content-type: application/json" -d "$body" \
                -o "$folder/answer.$way" "${at[$way]}$path" ||
                fail "$way: $path is not answered: $(cat "$folder/answer.$way")"
            [[ -s $folder/answer.$way ]] || fail "$way: $path is answered with nothing"
        done
        cmp -s "$folder"/answer.{cells,native} ||
            fail "the two answer $path differently: $(diff "$folder"/answer.{cells,native} | head -4)"
    done
done

# ---- the load ----------------------------------------------------------------------

readonly loads=(
    "openai: small request|/v1/chat/completions|--model openai/m"
    "openai: streamed chunk, of 100|/v1/chat/completions|--model openai/m --stream"
    "openai: prompt of 100 kB|/v1/chat/completions|--model openai/m --prompt-bytes 102400"
    "anthropic: small request|/v1/messages|--anthropic --model anthropic/m"
    "anthropic: streamed chunk, of 100|/v1/messages|--anthropic --model anthropic/m --stream"
)

say "$TURNS turns of $SECONDS_EACH s each with 16 clients"
for ((turn = 0; turn < TURNS; turn++)); do
    for load in "${!loads[@]}"; do
        IFS='|' read -r name path options <<<"${loads[load]}"
        for ((place = 0; place < 3; place++)); do
            # Another one is first in each turn.
            way=${ways[(place + turn) % 3]}
            # shellcheck disable=SC2086 # Several words.
            said=$(taskset -c 0 "$perfkit" load --url "${at[$way]}$path" $options -c 16 \
                -d "$SECONDS_EACH" --pid "${pid[$way]}" --mock-pid "$mock_pid")
            [[ $(member err "$said") == 0 ]] || fail "$way, $name: $said"
            member gw_cpu_us_per "$said" >>"$folder/took.$load.$way"
            member other_cpu_pct "$said" >>"$folder/other"
        done
    done
done

# ---- what came of it ---------------------------------------------------------------

echo "| CPU, µs | proxy | in cells | linked in | cost of the cells |"
echo "| --- | --- | --- | --- | --- |"
for load in "${!loads[@]}"; do
    row="| ${loads[load]%%|*} |"
    for way in "${ways[@]}"; do
        read -r median _ _ < <(middle <"$folder/took.$load.$way")
        row+=" $median |"
    done
    # Of one turn, whatever else the machine did in it.
    read -r median low high < <(paste "$folder/took.$load".{cells,native} |
        awk '{ print $1 - $2 }' | middle)
    echo "$row **$median** ($low–$high) |"
done
read -r median low high < <(middle <"$folder/other")
say "whatever else ran took $median % ($low–$high) of a core meanwhile"
