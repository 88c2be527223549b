#!/usr/bin/env bash
# Fetches what an emulated machine is made of, from Debian 12, and prints the directory
# that it is in. Nothing is installed, nothing here is run as root, and what is there
# already is not fetched again: remove the directory to have it renewed.
#
#   scripts/vm-fetch.sh kernel 6.1-cloud|6.12-cloud|6.1|6.12|6.1-rt|6.12-rt ARCH
#   scripts/vm-fetch.sh root NAME ARCH PACKAGE...    their files and those of what they need
#
# ARCH is Debian's name, which is Go's, too: amd64, arm64. It all goes to
# $XDG_CACHE_HOME/ptrace-ns/vm (or ~/.cache/…).
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/ptrace-ns/vm
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
security=${DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# private runs an apt command that knows nothing of this machine's packages, so that it
# can speak of another architecture's.
private() {
	"$1" -q \
		-o APT::Architecture="$arch" -o APT::Architectures="$arch" \
		-o Dir::State="$apt/state" -o Dir::State::status="$apt/status" -o Dir::State::Lists="$apt/lists" \
		-o Dir::Cache="$apt/cache" -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=- \
		-o APT::Sandbox::User= -o Dir::Etc::main=- -o Dir::Etc::parts=- -o pkgCacheGen::Essential=none \
		-o APT::Install-Recommends=false -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "${@:2}"
}

lists() {
	apt=$cache/apt-$arch
	# Older lists name packages that newer ones have replaced.
	[[ -z $(find "$apt/sources.list" -mmin -1440 2>/dev/null) ]] || return 0
	[[ -f $keyring ]] || die "$keyring is not there: install debian-archive-keyring"
	mkdir -p "$apt"/{state,lists/partial,cache/archives/partial}
	: >"$apt/status"
	cat >"$apt/sources.new" <<-EOF
		deb [signed-by=$keyring] $mirror bookworm main
		deb [signed-by=$keyring] $mirror bookworm-updates main
		deb [signed-by=$keyring] $security bookworm-security main
	EOF
	private apt-get -o Dir::Etc::sourcelist="$apt/sources.new" update >&2
	mv "$apt/sources.new" "$apt/sources.list"
}

# meta prints the package that stands for the newest kernel of that name.
meta() {
	local version=${1%%-*} flavour=${1#"${1%%-*}"}
	case $version in
	6.1) echo "linux-image$flavour-$arch" ;;
	6.12) echo "linux-image-6.12$flavour-$arch" ;;
	*) die "kernel $1: Debian 12 has 6.1 and 6.12, each also -cloud and -rt" ;;
	esac
}

# The modules without which there is no way out of the machine, and those that container
# runtimes want.
modules=(virtio_pci virtio_console overlay)

fetch_kernel() {
	local dir=$cache/kernel-$1-$arch package version module name
	[[ ! -d $dir ]] || { echo "$dir" && return; }
	lists
	package=$(private apt-cache depends "$(meta "$1")" | awk '/Depends: linux-image/ {print $2; exit}')
	say "fetching $package ($arch)"
	new=$(mktemp -d "$cache/new.XXXXXX")
	(cd "$new" && private apt-get download "$package" >&2 && dpkg-deb -x ./*.deb tree && rm ./*.deb)
	version=$(cd "$new/tree/lib/modules" && echo *)
	mv "$new/tree/boot/vmlinuz-$version" "$new/vmlinuz"
	mv "$new/tree/boot/config-$version" "$new/config"
	depmod -b "$new/tree" "$version"
	: >"$new/modules"
	for module in "${modules[@]}"; do
		modprobe -d "$new/tree" -S "$version" --show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ {print $2}' | while read -r module; do
		name=$(basename "${module%.xz}")
		if [[ $module == *.xz ]]; then xz -dc "$module"; else cat "$module"; fi >"$new/$name"
		echo "$name" >>"$new/modules"
	done
	rm -rf "$new/tree"
	echo "$version" >"$new/version"
	mv "$new" "$dir"
	echo "$dir"
}

fetch_root() {
	local dir=$cache/root-$1-$arch deb
	[[ ! -d $dir ]] || { echo "$dir" && return; }
	shift
	lists
	say "fetching $* with what they need ($arch)"
	new=$(mktemp -d "$cache/new.XXXXXX")
	mkdir -p "$new/debs/partial"
	private apt-get -o Dir::Cache::archives="$new/debs" -d -y install "$@" >&2
	for deb in "$new"/debs/*.deb; do
		dpkg-deb -x "$deb" "$new/root"
	done
	rm -rf "$new/debs" "$new"/root/usr/share/{doc,man,locale,info,bash-completion,zoneinfo,perl} "$new"/root/usr/lib/*/perl*
	mv "$new/root" "$dir"
	rm -rf "$new"
	echo "$dir"
}

new=
trap '[[ -z $new ]] || rm -rf "$new"' EXIT
arch=${3:-}
case ${1:-} in
kernel) mkdir -p "$cache" && fetch_kernel "$2" ;;
root) mkdir -p "$cache" && fetch_root "$2" "${@:4}" ;;
*) die "usage: ${0##*/} kernel NAME ARCH | root NAME ARCH PACKAGE..." ;;
esac
