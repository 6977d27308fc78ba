# SPDX-License-Identifier: Apache-2.0
# Sourced by quickstart and check: Debian packages, and how to get them.

# What building takes, and what the tests take besides.
PACKAGES_BUILD="gcc libc6-dev make autoconf automake libtool pkg-config
    libbsd-dev zlib1g-dev libzstd-dev libssl-dev libncurses-dev
    libmicrohttpd-dev"
PACKAGES_TEST="g++ check libsubunit-dev python3 python3-thrift python3-six
    openssl thrift-compiler libthrift-dev libboost-dev liblmdb-dev
    mandoc valgrind"

# need PACKAGE...: installs those that are missing, and says which.
need() {
	missing=
	for package in "$@"; do
		case $(dpkg-query -W -f '${Status}' "$package" \
		    2>/dev/null) in
		*" installed") ;;
		*) missing="$missing $package" ;;
		esac
	done
	[ -n "$missing" ] || return 0
	echo "installing with apt-get:$missing"
	as_root=
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			echo "neither root nor sudo: please install$missing" >&2
			return 1
		}
		as_root=sudo
	fi
	$as_root env DEBIAN_FRONTEND=noninteractive \
	    apt-get -qq update
	# shellcheck disable=SC2086
	$as_root env DEBIAN_FRONTEND=noninteractive \
	    apt-get -qq -y --no-install-recommends install $missing \
	    >/dev/null
}

# configure_in DIRECTORY OPTION...: an out-of-tree build there.
configure_in() {
	dir=$1
	shift
	[ -x configure ] && [ configure -nt configure.ac ] &&
	    [ Makefile.in -nt Makefile.am ] || {
		mkdir -p build-aux
		autoreconf -i >build-aux/autoreconf.log 2>&1 || {
			cat build-aux/autoreconf.log >&2
			return 1
		}
	}
	mkdir -p "$dir"
	[ "$dir/config.status" -nt configure ] ||
	    (cd "$dir" && "$OLDPWD/configure" -q "$@")
}
