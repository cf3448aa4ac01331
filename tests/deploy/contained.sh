#!/usr/bin/env bash
# Within namespaces of its own: `contained.sh FOLDER [COMMAND…]`. See `run.sh`.
set -euo pipefail

image=$1
shift
ip link set lo up
mount --make-rprivate /
mount --bind "$image" "$image"
for folder in var/lib/hotcell var/cache/hotcell; do
    mount -t tmpfs -o mode=0700,uid=65532,gid=65532 tmpfs "$image/$folder"
done
mount -t proc -o nosuid,nodev,noexec proc "$image/proc"
mount -t proc proc /proc
mount -t tmpfs -o mode=0755 tmpfs "$image/dev"
for device in null urandom; do
    touch "$image/dev/$device"
    mount --bind "/dev/$device" "$image/dev/$device"
done
mount -o remount,bind,ro "$image"

within() {
    setpriv --no-new-privs chroot --userspec=65532:65532 --groups=65532 "$image" "$@"
}
if within /bin/sh -c true 2>/dev/null; then
    echo "there is a shell"
    exit 1
fi
if touch "$image/usr/bin/another" 2>/dev/null; then
    echo "it can be written to"
    exit 1
fi

env -i HOME=/var/lib/hotcell XDG_DATA_HOME=/var/lib XDG_CACHE_HOME=/var/cache PATH="$PATH" \
    "$@" setpriv --no-new-privs chroot --userspec=65532:65532 --groups=65532 "$image" \
    /usr/bin/hotcell --config /etc/hotcell/hotcell.toml serve --listen 0.0.0.0:4000 &
started=$!
for _ in $(seq 900); do
    kill -0 $started || { echo "it ended"; exit 1; }
    ready=$(curl -sf http://127.0.0.1:4000/health/ready) && break
    sleep 0.1
done
echo "$ready"
[ "$ready" = '{"status":"ok"}' ]
# An answer of its own: the provider is not there, and it says so.
status=$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:4000/v1/chat/completions \
    -H 'content-type: application/json' \
    -d '{"model":"m","messages":[{"role":"user","content":"hello"}]}')
echo "status $status"
[ "$status" = 502 ] || [ "$status" = 503 ]
# The process that serves, whoever started it.
serving=
for process in $(printf "%s\n" /proc/[0-9]* | sort -V); do
    if [ "$(readlink "$process/exe")" = "$image/usr/bin/hotcell" ]; then
        serving=${process#/proc/}
        grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' "$process/status"
        grep -q '^Uid:\s65532\s65532' "$process/status"
        grep -q '^CapEff:\s0000000000000000$' "$process/status"
        first=${first:-$serving}
    fi
done
[ -n "$serving" ]
# Loading anew: another one serves, and the one before ends.
kill -HUP "$first"
for _ in $(seq 300); do
    [ -e "/proc/$serving" ] || break
    sleep 0.1
done
[ ! -e "/proc/$serving" ]
[ "$(curl -sf http://127.0.0.1:4000/health/ready)" = '{"status":"ok"}' ]
kill -TERM "$first"
wait $started
