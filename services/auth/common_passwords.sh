#!/bin/sh
# common_passwords.sh JOHN_LIST ZXCVBN_LISTS > TEXT: the most used passwords of 8 and more characters (P6), in lower case, sorted,
# each between two line ends. What the build embeds; both lists come with Debian packages (CMakeLists.txt).
set -eu
{
  grep -v '^#!' "$1"
  sed -n 's/^ *"passwords": *"\(.*\)"\.split.*/\1/p' "$2" | tr , '\n'
} | LC_ALL=C awk 'BEGIN { print "" } length($0) >= 8 { print tolower($0) }' | LC_ALL=C sort -u
