#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# The quickstart where it is not alone, and not at home: two at once, a tree
# that can't be written, one that somebody else has built, no screen, and a
# system that lacks a package. Each ends well, or with a sentence.
#
# usage: quickstart.sh SOURCES BUILD-DIRECTORY
set -eu

top=$1
build=$2
directory=$(mktemp -d)
trap 'chmod -R u+w "$directory"; rm -rf "$directory"' EXIT

fail ()
{
  cat "$directory"/*.log >&2
  echo "FAILED: $*" >&2
  exit 1
}

# says TEXT LOG: and no traceback
says ()
{
  grep -q -- "$1" "$directory/$2.log" || fail "$2 does not say '$1'"
  ! grep -q Traceback "$directory/$2.log" || fail "$2 has a traceback"
}

# as_nobody COMMAND...
as_nobody ()
{
  env -u QUICKSTART_BUILT setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

run ()
{
  env -u DISPLAY -u WAYLAND_DISPLAY QUICKSTART_BUILT="$build" \
    QUICKSTART_SECONDS=3 sh "$top/examples/quickstart.sh"
}

run >"$directory/one.log" 2>&1 &
one=$!
run >"$directory/two.log" 2>&1 || fail "the second one of two"
wait "$one" || fail "the first one of two"
says 'All is well' one
says 'All is well' two
! grep -q gst-play "$directory/one.log" || fail "a player without a screen"
rm -rf "$build"/quickstart-*
echo "ok: two at once, and no screen"

# What it asks of packages is answered by these.
mkdir "$directory/bin"
cat >"$directory/bin/dpkg-query" <<'END'
#!/bin/sh
exit 1
END
cat >"$directory/bin/apt-get" <<'END'
#!/bin/sh
echo "apt-get $*"
END
cat >"$directory/bin/apt-cache" <<'END'
#!/bin/sh
case $* in *libisal-dev*) exit 100 ;; esac
END
cp "$directory/bin/apt-get" "$directory/bin/sudo"
chmod +x "$directory"/bin/*
PATH="$directory/bin:$PATH" sh -c '. "$1/tests/setup.sh"
  install_missing gcc libisal-dev meson' sh "$top" >"$directory/lacks.log" 2>&1
says 'Not there on this system: libisal-dev' lacks
says 'recommends gcc meson$\|Installing.*: gcc meson$' lacks
echo "ok: a package that is not there"

[ "$(id -u)" -eq 0 ] || {
  echo "SKIPPED: the rest needs root"
  exit 0
}
mkdir -p "$directory/tree/examples" "$directory/tree/tests"
cp "$top/examples/quickstart.sh" "$directory/tree/examples"
cp "$top/tests/setup.sh" "$directory/tree/tests"
chmod 755 "$directory" "$directory/tree"
! as_nobody sh "$directory/tree/examples/quickstart.sh" \
  >"$directory/readonly.log" 2>&1 || fail "it has built what it can't write"
says "can't write to $directory/tree, which belongs to root" readonly
echo "ok: a tree that can't be written"

mkdir "$directory/tree/build-quickstart"
: >"$directory/tree/build-quickstart/build.ninja"
chmod 777 "$directory/tree/build-quickstart"
! as_nobody sh "$directory/tree/examples/quickstart.sh" \
  >"$directory/other.log" 2>&1 || fail "it has built what is another user's"
says 'was built by root' other
echo "ok: what somebody else has built"
