#!/bin/sh
# Puts together all that is in the image: `root.sh PROGRAM FOLDER`.
#
# The program, the libraries that it is linked to, the certificate authorities of this system,
# and two folders that it may write to. No shell, no package, no account.
set -eu

program=$1
root=$2
# A number that nobody else has; Kubernetes wants one, and not a name.
user=65532

install -D -m 0755 "$program" "$root/usr/bin/hotcell"
ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
    install -D -m 0755 "$library" "$root$library"
done
install -D -m 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
# What is in /etc/hosts counts before what a name server says.
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
chmod 0644 "$root/etc/nsswitch.conf"
install -d -m 0755 "$root/etc/hotcell"
# A volume that is mounted here for the first time is given this owner.
install -d -m 0700 -o $user -g $user "$root/var/lib/hotcell" "$root/var/cache/hotcell"
