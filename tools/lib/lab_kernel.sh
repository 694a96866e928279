# Sourced by tools/lab: what is built of Debian's kernel source, for the suites that need it.
#   lab-mtty/  mdev.ko and mtty.ko, for the lab's kernel: no kernel of Debian has the sample, and
#              its cloud flavour has no mediated devices
#   lab-iommufd/  a small kernel with iommufd and mtty: what the suite iommufd boots
lab_mtty=$cache/lab-mtty

# Called by a suite's setup.sh.
lab_mtty_setup() {
    local tool
    for tool in gcc make perl strip; do
        command -v $tool >/dev/null || give_up "the kernel's mtty is built here: there is no $tool"
    done
    lab_make "$lab_mtty" "1 $(kernel_release)" 500 mtty_fill \
        "about 180 MB to download, nearly all of it the kernel's source; 1 MB stays"
    more_versions=$lab_mtty/versions
}

# put_mtty TREE: after vfio, which they need.
put_mtty() {
    put_modules "$1" vfio_iommu_type1 || return
    cp "$lab_mtty"/{mdev,mtty}.ko "$1/lib/modules/" &&
        printf '%s\n' mdev.ko mtty.ko >>"$1/lib/modules/order"
}

kernel_source_package() { kernel_release | sed 's/^\([0-9]*\.[0-9]*\).*/linux-source-\1/'; }

mtty_fill() {
    local new=$1 release=$(kernel_release) source=$(kernel_source_package) base
    base=${release%-cloud-amd64}
    step "read trixie's package lists" private_apt "$new/packages" trixie || return
    export APT_CONFIG=$new/packages.apt/conf
    (step "download $source and headers of $release" download_packages "$new/packages" \
        "$source" "linux-headers-$release" "linux-headers-$base-common" "linux-kbuild-$base") &&
        step "take mdev and mtty out of $source" kernel_sources "$new" "$source" \
            samples/vfio-mdev/mtty.c \
            drivers/vfio/mdev/{mdev_core.c,mdev_driver.c,mdev_sysfs.c,mdev_private.h} &&
        step "unpack the headers" unpack_headers "$new" "$base" &&
        step "build mdev and mtty" build_mtty "$new" "$release" || return
    dpkg-deb --show --showformat='${Package} ${Version}\n' \
        "$new"/packages.apt/archives/linux-source-*.deb >"$new/versions.new" &&
        echo "gcc-for-mtty $(gcc -dumpfullversion)" >>"$new/versions.new" || return
    rm -rf "$new"/{packages,packages.apt,source,headers,build} "$new"/log*
    mv "$new/versions.new" "$new/versions"
}

# download_packages FOLDER PACKAGE...: without what they depend on.
download_packages() {
    cd "$1.apt/archives" && shift && apt-get download "$@"
}

# source_tarball NEW PACKAGE: what is in the package, unpacked by a program that the lab has itself.
source_tarball() {
    dpkg-deb --fsys-tarfile "$1/packages.apt/archives/$2"_*.deb |
        tar --extract --to-stdout "./usr/src/$2.tar.xz" |
        "$lab/emulator/usr/bin/busybox" xzcat
}

# kernel_sources NEW PACKAGE FILE...: into NEW/source. tar ends when it has them all, and whoever
# still sends it something is told so: what counts is what is there.
kernel_sources() {
    local new=$1 package=$2 file top
    shift 2
    top=$package
    mkdir -p "$new/source"
    source_tarball "$new" "$package" |
        tar --extract -C "$new/source" --strip-components=1 --occurrence=1 "${@/#/$top/}"
    for file; do
        [ -e "$new/source/$file" ] || return
    done
}

# Debian's programs for building modules are of its own release: they run with the emulator's
# libraries, which are of the same one.
unpack_headers() {
    local new=$1 base=$2 deb kbuild program libraries=$lab/emulator/usr/lib/x86_64-linux-gnu
    mkdir -p "$new/headers"
    for deb in "$new"/packages.apt/archives/linux-{headers,kbuild}-*.deb; do
        dpkg-deb --extract "$deb" "$new/headers" || return
    done
    sed -i "s|/usr/src/|$new/headers/usr/src/|" "$new"/headers/usr/src/*/Makefile
    kbuild=$new/headers/usr/lib/linux-kbuild-$base
    mv "$kbuild/scripts/mod/modpost.real-lsb-64" "$kbuild/scripts/mod/modpost" &&
        mv "$kbuild/tools/objtool/objtool.real-x86" "$kbuild/tools/objtool/objtool" || return
    for program in scripts/{basic/fixdep,mod/modpost,genksyms/genksyms} tools/objtool/objtool; do
        mv "$kbuild/$program" "$kbuild/$program.elf" || return
        printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' \
            "$libraries/ld-linux-x86-64.so.2" "$libraries" "$kbuild/$program.elf" \
            >"$kbuild/$program"
        chmod 755 "$kbuild/$program"
    done
}

build_mtty() {
    local new=$1 headers=$1/headers/usr/src/linux-headers-$2
    mkdir -p "$new/build"
    cp "$new"/source/samples/vfio-mdev/mtty.c "$new"/source/drivers/vfio/mdev/*.[ch] "$new/build"
    printf '%s\n' 'obj-m := mdev.o mtty.o' 'mdev-y := mdev_core.o mdev_sysfs.o mdev_driver.o' \
        >"$new/build/Kbuild"
    # The kernel was built by a newer gcc than this machine may have.
    printf '%s\n' '#!/bin/bash' 'for word; do' '    case $word in' \
        '        -fmin-function-alignment=* | -fstrict-flex-arrays=3) ;;' \
        '        *) words+=("$word") ;;' '    esac' 'done' 'exec gcc "${words[@]}"' >"$new/build/cc"
    chmod 755 "$new/build/cc"
    make -C "$headers" M="$new/build" CC="$new/build/cc" CROSS_COMPILE= \
        CONFIG_DEBUG_INFO_BTF_MODULES= modules &&
        strip --strip-debug "$new"/build/{mdev,mtty}.ko &&
        mv "$new"/build/{mdev,mtty}.ko "$new"
}

# The kernel of the suite iommufd, built whole: no kernel of Debian has iommufd.
lab_iommufd=$cache/lab-iommufd
iommufd_fragment=tests/lab/iommufd/fragment

lab_iommufd_setup() {
    local tool
    for tool in gcc make perl bc flex bison; do
        command -v $tool >/dev/null ||
            give_up "a kernel is built here: there is no $tool (tools/setup --nightly)"
    done
    [ -e /usr/include/gelf.h ] ||
        give_up "a kernel is built here: there is no libelf-dev (tools/setup --nightly)"
    lab_make "$lab_iommufd" "1 $(kernel_release) $(sha256sum <$iommufd_fragment)" 1500 \
        iommufd_fill "about 165 MB to download, 1.5 GB of disk while it is made, 5 min and more"
    more_versions=$lab_iommufd/versions
    kernel=$lab_iommufd/bzImage
}

iommufd_fill() {
    local new=$1 source=$(kernel_source_package)
    step "read trixie's package lists" private_apt "$new/packages" trixie || return
    export APT_CONFIG=$new/packages.apt/conf
    (step "download $source" download_packages "$new/packages" "$source") &&
        step "unpack what is built of it" unpack_kernel "$new" "$source" &&
        step "configure the kernel" configure_kernel "$new" &&
        step "build the kernel" nice make -C "$new/build" -j"$(nproc)" bzImage || return
    mv "$new/build/arch/x86/boot/bzImage" "$new/" || return
    dpkg-deb --show --showformat='${Package} ${Version}\n' \
        "$new"/packages.apt/archives/linux-source-*.deb >"$new/versions.new" || return
    rm -rf "$new"/{packages,packages.apt,source,build} "$new"/log*
    mv "$new/versions.new" "$new/versions"
}

# Drivers of what the guest has not are two thirds of it; their Kconfig files are read all the same.
unpack_kernel() {
    local new=$1 package=$2 pipes
    mkdir -p "$new/source"
    source_tarball "$new" "$package" |
        tar --extract -C "$new/source" --strip-components=1 --wildcards \
            --exclude='*/Documentation/*' --exclude='*/drivers/gpu/*.[ch]' \
            --exclude='*/drivers/net/*/*.[ch]' --exclude='*/drivers/media/*.[ch]' \
            --exclude='*/sound/*.[ch]' --exclude='*/tools/testing/*'
    pipes=("${PIPESTATUS[@]}")
    [ "${pipes[*]}" = "0 0" ] || return
    mkdir -p "$new/source/Documentation"
    : >"$new/source/Documentation/Kconfig"
}

# An option of the fragment that was dropped, for want of what it depends on, is an error.
configure_kernel() {
    local new=$1 fragment=$PWD/$iommufd_fragment line
    mkdir -p "$new/build"
    # Not tinyconfig and the fragment on top: what becomes possible by it would have its default.
    make -C "$new/source" O="$new/build" KCONFIG_ALLCONFIG="$fragment" allnoconfig || return
    while read -r line; do
        case $line in
            CONFIG_*)
                grep -qx "$line" "$new/build/.config" || {
                    echo "E: $line was dropped"
                    return 1
                }
                ;;
        esac
    done <"$fragment"
}
