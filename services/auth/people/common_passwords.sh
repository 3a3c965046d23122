#!/bin/sh
# common_passwords.sh ZXCVBN_LISTS > TEXT: the most used passwords of 8 and more characters (P6), in lower case, sorted, each between
# two line ends. What the build embeds; the lists come with a Debian package (CMakeLists.txt).
set -eu
sed -n 's/^ *"passwords": *"\(.*\)"\.split.*/\1/p' "$1" | tr , '\n' | LC_ALL=C awk 'BEGIN { print "" } length($0) >= 8 { print tolower($0) }' | LC_ALL=C sort -u
