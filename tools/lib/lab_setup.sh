# Sourced by tools/lab: the folder of the lab, made of Debian's packages. They are unpacked, not
# installed: no maintainer script runs, nothing is mounted, nobody needs to be root.
#   emulator/  QEMU from trixie-backports with its libraries, e2fsprogs, busybox, kmod
#   emulator-7.2/  bookworm's QEMU with its libraries: an NVMe device with SR-IOV
#   nvme-cli/  nvme-cli from forky with its own libraries: trixie's does not know all of TP4159
#   kernel/    trixie's kernel, cloud flavour: nvme, ext4 and intel-iommu built in, a third the size
#   base.cpio  the first part of every guest's initramfs
#   versions   what is in there; written last
HOME=${HOME:-/nonexistent}
source tools/lib/debian_root.sh
lab=$cache/lab
# Counted up when a folder that was made before this commit will not do.
lab_recipe=2
lab_disk_mb=550

give_up() {
    echo "tools/lab: $*" >&2
    exit 4
}

# made FOLDER RECIPE: it is complete, and of this recipe.
made() { [ -e "$1/versions" ] && [ "$(cat "$1/recipe" 2>/dev/null)" = "$2" ]; }

lab_setup() {
    lab_make "$lab" "$lab_recipe" $lab_disk_mb lab_fill \
        "about 165 MB to download, 370 MB of disk ($lab_disk_mb MB while it is made), about 50 s"
}

# lab_make FOLDER RECIPE MEGABYTES FILL COSTS: makes the folder, unless it is there. Complete or not
# there at all: FILL makes all of it in another, which is renamed, its file `versions` at last.
lab_make() {
    local folder=$1 recipe=$2 before=$SECONDS
    made "$folder" "$recipe" && return
    lab_check_machine "$3"
    # Another run may be making it right now.
    exec {lab_lock}<"$cache"
    flock "$lab_lock"
    if ! made "$folder" "$recipe"; then
        echo "tools/lab: setting up $folder, once: $5"
        rm -rf "$cache"/lab.new-*
        lab_new=$(mktemp -d "$cache/lab.new-XXXXXX") || give_up "cannot write to $cache"
        lab_filling=''
        trap 'rm -rf "$lab_new"' EXIT
        trap lab_interrupted INT TERM
        chmod 755 "$lab_new"
        # In a process group of its own, which a signal can end as a whole.
        set -m
        (
            set +m
            $4 "$lab_new" && echo "$recipe" >"$lab_new/recipe"
        ) &
        lab_filling=$!
        set +m
        wait $lab_filling || {
            rm -rf "$lab_new"
            give_up "not set up, for want of network or disk or of what it says above;" \
                "nothing was left behind"
        }
        rm -rf "$folder"
        mv "$lab_new" "$folder"
        trap - EXIT INT TERM
        echo "tools/lab: set up after $((SECONDS - before)) s, $(du -sm "$folder" | cut -f1) MB"
    fi
    exec {lab_lock}<&-
}

# Whoever still downloads must not write into a folder that is being removed.
lab_interrupted() {
    local tries
    trap '' INT TERM
    if [ -n "$lab_filling" ]; then
        kill -TERM -- -"$lab_filling" 2>/dev/null
        for ((tries = 0; tries < 50; ++tries)); do
            kill -0 -- -"$lab_filling" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL -- -"$lab_filling" 2>/dev/null
        wait "$lab_filling" 2>/dev/null
    fi
    echo "tools/lab: interrupted; nothing was left behind" >&2
    exit 130
}

# lab_check_machine MEGABYTES
lab_check_machine() {
    local free tool
    for tool in apt-get dpkg-deb flock timeout; do
        command -v $tool >/dev/null || give_up "this is not Debian: there is no $tool"
    done
    [ "$(dpkg --print-architecture)" = amd64 ] || give_up "the lab's guests need an amd64 machine"
    [ -n "$(mirror)" ] || give_up "apt has no package source to take trixie from (apt-get update)"
    mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] ||
        give_up "cannot write to $cache (XDG_CACHE_HOME says where else)"
    free=$(df --output=avail -m "$cache" | tail -n 1)
    [ "$free" -ge "$1" ] ||
        give_up "$cache has $((free)) MB free and the set-up needs $1"
}

# step WORDS COMMAND...: what it took, or the end of what it said.
step() {
    local words=$1 before=$SECONDS log=$lab_new/log.$BASHPID
    shift
    if ! "$@" >"$log" 2>&1 </dev/null; then
        grep -m 3 -E '^(E|Err|W)[: ]' "$log" >&2 || tail -n 3 "$log" >&2
        echo "tools/lab: could not $words" >&2
        return 1
    fi
    echo "tools/lab: $words: $((SECONDS - before)) s"
}

lab_fill() {
    local new=$1 nvme_cli older
    fetch_nvme_cli "$new" &
    nvme_cli=$!
    fetch_older_emulator "$new" &
    older=$!
    fetch_emulator "$new"
    local state=$?
    wait $nvme_cli || state=1
    wait $older && [ $state -eq 0 ] || return 1
    step "unpack the emulator" unpack "$new/emulator" &&
        step "unpack bookworm's emulator" unpack "$new/emulator-7.2" &&
        step "unpack nvme-cli" unpack "$new/nvme-cli" &&
        step "unpack the kernel" unpack "$new/kernel" || return
    lab=$new
    lab_versions >"$new/versions.new" || return
    rm -rf "$new"/*.apt
    step "list the kernel's modules" lab_program emulator usr/sbin/depmod -b "$new/kernel/usr" \
        "$(kernel_release)" &&
        step "see that this QEMU has vfio-user-pci" lab_program \
            emulator $lab_qemu -device vfio-user-pci,help &&
        step "see that bookworm's QEMU has VFs of NVMe devices" older_emulator_works &&
        step "pack the guests' programs" base_initramfs "$new/base.cpio" || return
    rm -f "$new"/log*
    mv "$new/versions.new" "$new/versions"
}

fetch_emulator() {
    local apt=$1/emulator kernel
    step "read trixie's package lists" private_apt "$apt" trixie trixie-backports || return
    export APT_CONFIG=$apt.apt/conf
    kernel=$(apt-cache depends linux-image-cloud-amd64/trixie | sed -n 's/^ *Depends: //p')
    step "download QEMU and what it needs" apt-get -y -t trixie-backports install --download-only \
        qemu-system-x86 busybox-static kmod e2fsprogs &&
        step "download ${kernel:-a kernel}" download_kernel "$1" "$kernel"
}
# What QEMU's packages ask for and no emulator reads: said to be installed, so that apt leaves it.
older_without='adduser debconf ipxe-qemu iso-codes libaudit-common libpam-modules libpam-modules-bin
    libpam0g libsasl2-modules-db libsemanage-common libsemanage2 libsepol2 passwd'
fetch_older_emulator() {
    local apt=$1/emulator-7.2 name
    step "read bookworm's package lists" private_apt "$apt" bookworm || return
    export APT_CONFIG=$apt.apt/conf
    for name in $older_without; do
        printf 'Package: %s\nStatus: install ok installed\nVersion: 999\n' "$name"
        printf 'Architecture: amd64\nMulti-Arch: foreign\nMaintainer: x\nDescription: x\n\n'
    done >"$apt.apt/status"
    step "download bookworm's QEMU and what it needs" apt-get -y install --download-only \
        qemu-system-x86
}
older_emulator_works() {
    lab_program emulator-7.2 $lab_qemu -device nvme,help | grep sriov_max_vfs
}
fetch_nvme_cli() {
    step "read forky's package lists" private_apt "$1/nvme-cli" forky || return
    export APT_CONFIG=$1/nvme-cli.apt/conf
    step "download nvme-cli and what it needs" apt-get -y install --download-only nvme-cli
}

# private_apt FOLDER RELEASE...: an apt that knows only these releases and nothing as installed,
# in FOLDER.apt. This machine's own apt is not touched.
private_apt() {
    local folder=$1.apt release from keys
    shift
    from=$(mirror)
    keys=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$folder/lists/partial" "$folder/archives/partial" "$folder/none"
    : >"$folder/status"
    for release in "$@"; do
        echo "deb $([ ! -e $keys ] || echo "[signed-by=$keys]") $from $release main"
    done >"$folder/sources.list"
    cat >"$folder/conf" <<EOF
Dir::State "$folder";
Dir::State::status "$folder/status";
Dir::Cache "$folder";
Dir::Etc::sourcelist "$folder/sources.list";
Dir::Etc::sourceparts "$folder/none";
Dir::Etc::preferencesparts "$folder/none";
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "3";
EOF
    APT_CONFIG=$folder/conf apt-get update
}

# The kernel's own dependencies would install it: only the package itself.
download_kernel() {
    mkdir -p "$1/kernel.apt/archives"
    cd "$1/kernel.apt/archives" && apt-get download "$2"
}

# unpack FOLDER: the packages in FOLDER.apt, without what nobody reads here.
unpack() {
    mkdir -p "$1/usr/lib"
    # Where packages before trixie put what they install into /lib.
    ln -s usr/lib "$1/lib"
    export into=$1
    find "$1.apt/archives" -name '*.deb' -print0 | xargs -0 -P "$(nproc)" -n 1 bash -c '
        set -o pipefail
        dpkg-deb --fsys-tarfile "$0" | tar --extract --no-same-owner --keep-directory-symlink \
            -C "$into" --exclude="./usr/share/doc/*" --exclude="./usr/share/man/*" \
            --exclude="./usr/share/locale/*" --exclude="./usr/lib/systemd/*" \
            --exclude="./usr/lib/udev/*" --exclude="./etc/*"
    '
}

lab_versions() {
    local deb
    # Two of one name: only bookworm's QEMU is told of its folder.
    dpkg-deb --show --showformat='${Package}-7.2 ${Version}\n' \
        "$lab"/emulator-7.2.apt/archives/qemu-system-x86_*.deb || return
    for deb in "$lab"/{emulator,kernel,nvme-cli}.apt/archives/*.deb; do
        case ${deb##*/} in
            qemu-system-x86_* | nvme-cli_* | linux-image-* | e2fsprogs_* | seabios_*)
                dpkg-deb --show --showformat='${Package} ${Version}\n' "$deb"
                ;;
        esac
    done
}

kernel_release() { basename "$lab"/kernel/usr/lib/modules/*; }

# lab_command FOLDER PROGRAM: how to run it with the libraries of its own folder, in `command`.
lab_command() {
    local libraries=$lab/$1/usr/lib/x86_64-linux-gnu
    command=("$libraries/ld-linux-x86-64.so.2" --library-path "$libraries" "$lab/$1/$2")
    case $2 in
        */qemu-*)
            # Bookworm's loads its accelerator from there.
            command=(env QEMU_MODULE_DIR="$libraries/qemu" "${command[@]}"
                -L "$lab/$1/usr/share/qemu" -L "$lab/$1/usr/share/seabios")
            ;;
    esac
}
lab_program() {
    local command
    lab_command "$1" "$2"
    shift 2
    "${command[@]}" "$@"
}
lab_qemu=usr/bin/qemu-system-x86_64
