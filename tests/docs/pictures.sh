#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The icesink developers
#
# The pictures: what stands in examples/pictures is what the script makes of
# the table beside it, and a table of today makes a picture, too.
#
#   pictures.sh PYTHON EXAMPLES OUTAGE-RUN

set -eu

python=$1
examples=$2
outage_run=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

plot ()
{
  "$python" "$examples/plot-stats.py" "$@"
}

# is_xml FILE
is_xml ()
{
  "$python" -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$1"
}

plot "$examples/pictures/outage.csv" >"$work/outage.svg"
cmp "$work/outage.svg" "$examples/pictures/outage.svg"
for picture in "$examples"/pictures/*.svg; do
  is_xml "$picture"
done

"$outage_run" --seconds=8 --from=4 --to=7 >"$work/now.csv"
grep -q ',interrupted,' "$work/now.csv"
plot "$work/now.csv" >"$work/now.svg"
is_xml "$work/now.svg"
grep -q 'class="outage"' "$work/now.svg"

# The last look: all has arrived, and nothing lags.
tail -n 1 "$work/now.csv" | {
  IFS=, read -r _ state written uploaded lag _
  [ "$state" = complete ]
  [ "$written" -eq "$uploaded" ]
  [ "$written" -gt 0 ]
  [ "$lag" = 0.000 ]
}

# What is no such table is refused.
echo 'seconds,state' >"$work/short.csv"
if plot "$work/short.csv" 2>/dev/null; then
  exit 1
fi
