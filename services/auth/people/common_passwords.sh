#!/bin/sh
# common_passwords.sh ZXCVBN_LISTS WORDS > TEXT: what P6 refuses, in lower case, sorted, each between two line ends: the most used passwords
# of 8 and more characters; of the 1,500 most used also the shorter ones, of 5 and more, and WORDS (ours, of many languages): these are
# refused with what people hang on. The build embeds it; the first list comes with a Debian package (CMakeLists.txt).
set -eu
{
  sed -n 's/^ *"passwords": *"\(.*\)"\.split.*/\1/p' "$1" | tr , '\n' | LC_ALL=C awk 'length($0) >= 8 || (NR <= 1500 && length($0) >= 5) { print tolower($0) }'
  sed 's/#.*//' "$2" | tr -s ' ' '\n' | sed '/^$/d'
} | LC_ALL=C sort -u | LC_ALL=C awk 'BEGIN { print "" } { print }'
