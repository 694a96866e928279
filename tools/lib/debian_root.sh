# Sourced by tools/nightly: a Debian release in a folder. Everything runs in a mount namespace of
# its own, so that no mount outlives the command and a folder can always be removed.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/lmsim

# The mirror this machine itself uses; none is written down here.
mirror() {
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Identifier: Packages' |
        awk '$2 !~ /security|updates|backports/ { print $1; exit }'
}

# npm's too; nothing where there is no npm.
registry() { npm config get registry 2>/dev/null || true; }

# make_root RELEASE FOLDER: what debootstrap calls minbase. Kept if it is complete.
make_root() {
    local release=$1 folder=$2 from
    [ ! -e "$folder.complete" ] || return 0
    from=$(mirror)
    if [ -z "$from" ]; then
        echo "apt has no package source to take $release from" >&2
        return 1
    fi
    rm -rf "$folder"
    mkdir -p "$folder"
    if ! unshare --mount debootstrap --variant=minbase "$release" "$folder" "$from" \
        >"$folder.log" 2>&1; then
        tail -n 5 "$folder.log" >&2
        return 1
    fi
    touch "$folder.complete"
}

remove_root() { rm -rf "$1" "$1.complete" "$1.log"; }

# in_root FOLDER COMMAND...: as root in that Debian, in /src/lmsim.
in_root() {
    local folder=$1
    shift
    cp -L /etc/resolv.conf "$folder/etc/resolv.conf"
    # Behind a proxy of one's own npm needs what this machine trusts.
    cp -L /etc/ssl/certs/ca-certificates.crt "$folder/tmp/trusted.crt"
    LMSIM_REGISTRY=$(registry) unshare --mount --pid --fork bash -c '
        set -e
        folder=$1
        shift
        mount -t proc proc "$folder/proc"
        mount --rbind /dev "$folder/dev"
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/tmp \
            NODE_EXTRA_CA_CERTS=/tmp/trusted.crt \
            ${LMSIM_REGISTRY:+npm_config_registry="$LMSIM_REGISTRY"} \
            chroot "$folder" bash -c "cd /src/lmsim && exec \"\$@\"" in_root "$@"
    ' in_root "$folder" "$@"
}

# put_sources FOLDER: the files that git knows, as they are now; build/ there is kept.
put_sources() {
    local target=$1/src/lmsim
    mkdir -p "$target"
    find "$target" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
    git ls-files -z | tar --create --null --files-from=- |
        tar --extract --no-same-owner -C "$target"
}
