#!/usr/bin/env bash
# What is below `deploy/`, tried as far as this machine can: `bash tests/deploy/run.sh [PART…]`.
#
# The parts are `root` (what is in the image, run as the image says), `image` (the last stage of
# the Containerfile), `unit` (systemd's judgement), `calls` (what the unit's filter lets
# through), `manifests` (Kubernetes) and `pages` (manual pages). Of each there is one line:
# passed, failed, or not available. HOTCELL is the program to try; without it it is built.
# Nothing but loopback is reached, save for what validates manifests, which is installed.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$(mktemp -d)
log=$folder/log
mkdir "$log"
failed=0
trap 'rm -rf --one-file-system "$folder"' EXIT

if [ -z "${HOTCELL:-}" ]; then
    cargo build --quiet --manifest-path "$root/Cargo.toml" -p hotcell-cli
    HOTCELL=$root/target/debug/hotcell
fi

told() { printf '%-10s %s\n' "$1" "$2"; }

# part NAME TOOLS…: whether it is wanted, and the tools for it are there.
part() {
    part=$1
    [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $part "* ]] || return 1
    shift
    for tool in "$@"; do
        command -v "$tool" >/dev/null || { told "$part" "not available: no $tool"; return 1; }
    done
}

# as STATUS: says how the part ended that `part` began.
as() {
    if [ "$1" -eq 0 ]; then
        told "$part" passed
    else
        told "$part" "failed"
        sed 's/^/    /' "$log/$part"
        failed=1
    fi
}

wanted=("$@")

# A configuration as an image has it, of a provider that nobody asks.
config() {
    cat >"$1" <<'TOML'
[gateway]
access = "open"
[gateway.models.m]
deployments = ["nobody/m"]
[providers.nobody]
adapter = "openai"
endpoints.api = "http://127.0.0.1:9"
allow-private = true
allow-plaintext = true
secrets.api-key = "file:/run/secrets/key"
TOML
}

# contained FOLDER [COMMAND…]: runs what is in the folder as the image does: as nobody, without a
# network but loopback, read-only, with two folders to write to. It is asked whether it is
# ready, then told to end, and has to end well. COMMAND looks on.
contained() {
    local image=$1
    shift
    mkdir -p "$image"/{run/secrets,proc,dev}
    config "$image/etc/hotcell/hotcell.toml"
    echo sk-nobody >"$image/run/secrets/key"
    unshare --mount --pid --net --ipc --uts --fork --kill-child \
        bash "$here/contained.sh" "$image" "$@"
}

if part root unshare curl ip setpriv ldd; then
    {
        image=$folder/image
        sh "$root/deploy/container/root.sh" "$HOTCELL" "$image" &&
            find "$image" -type f -printf '/%P\n' &&
            # The program, its libraries, and two files: nothing that can be started besides.
            [ -z "$(find "$image" -type f ! -path '*/lib*' ! -path '*/etc/*' ! -name hotcell)" ] &&
            # Nothing that others could change, or that has its owner's powers.
            [ -z "$(find "$image" ! -type l -perm /7022)" ] &&
            contained "$image"
    } >"$log/root" 2>&1
    as $?
fi

if part image buildah ldd; then
    {
        # The first stage wants the image of a toolchain; the last one is all that is kept.
        mkdir "$folder/build" &&
            sh "$root/deploy/container/root.sh" "$HOTCELL" "$folder/build/image" &&
            sed -n '/^FROM scratch/,$p' "$root/deploy/Containerfile" >"$folder/last" &&
            grep -q '^FROM [^ ]* AS build$' "$root/deploy/Containerfile" &&
            buildah --root "$folder/store" --runroot "$folder/store-run" --storage-driver vfs \
                bud --isolation chroot --build-context "build=$folder/build" -f "$folder/last" \
                -t hotcell "$folder/build" &&
            buildah --root "$folder/store" --runroot "$folder/store-run" --storage-driver vfs \
                inspect --type image hotcell >"$folder/image.json" &&
            python3 - "$folder/image.json" <<'PYTHON'
import json, sys
config = json.load(open(sys.argv[1]))["OCIv1"]["config"]
print(json.dumps(config))
assert config["User"] == "65532:65532"
assert config["Entrypoint"] == ["/usr/bin/hotcell", "--config", "/etc/hotcell/hotcell.toml"]
assert config["Cmd"][0] == "serve" and "4000/tcp" in config["ExposedPorts"]
PYTHON
    } >"$log/image" 2>&1
    as $?
fi

if part unit systemd-analyze; then
    {
        unit=$folder/hotcell.service
        sed "s|^ExecStart=/usr/bin/hotcell|ExecStart=$HOTCELL|; /^Documentation=/d" \
            "$root/deploy/hotcell.service" >"$unit"
        systemd-analyze verify "$unit" 2>&1 | tee "$folder/verify"
        # A version before 253 does not know the type, and the unit says so.
        ! grep -v 'Failed to parse service type, ignoring: notify-reload' "$folder/verify" &&
            # It is counted in tenths.
            systemd-analyze security --offline=true --threshold=15 "$unit"
    } >"$log/unit" 2>&1
    as $?
fi

if part calls systemd-analyze strace unshare curl ip setpriv ldd; then
    {
        image=$folder/traced
        sh "$root/deploy/container/root.sh" "$HOTCELL" "$image" &&
            contained "$image" strace -f -qq -o "$folder/calls" &&
            python3 "$here/calls.py" "$root/deploy/hotcell.service" "$folder/calls"
    } >"$log/calls" 2>&1
    as $?
fi

if part manifests kubectl python3; then
    (
        python3 -m venv "$folder/venv" &&
            "$folder/venv/bin/pip" install -q --disable-pip-version-check \
                kubernetes-validate==1.37.0 &&
            for each in gateway trial; do
                kubectl kustomize "$root/deploy/kubernetes/$each" >"$folder/$each.yaml" &&
                    "$folder/venv/bin/kubernetes-validate" --strict -k 1.32.0 "$folder/$each.yaml" &&
                    "$folder/venv/bin/python" "$here/manifests.py" "$folder/$each.yaml" || exit 1
            done &&
            # What the gateways are given is a configuration.
            HOME=$folder "$HOTCELL" --config "$root/deploy/kubernetes/gateway/hotcell.toml" \
                config check
    ) >"$log/manifests" 2>&1
    as $?
fi

if part pages mandoc; then
    {
        "$HOTCELL" man "$folder/man1" && ls "$folder/man1" &&
            mandoc -T lint -W error "$folder"/man1/*.1 &&
            mandoc -T html "$folder/man1/hotcell-serve.1" | grep -q -- --listen
    } >"$log/pages" 2>&1
    as $?
fi

exit $failed
