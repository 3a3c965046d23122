# Shared by deploy/local/{up,down,demo}, deploy/start and tests/run: packages, build, secrets, the private PostgreSQL cluster. Sourced, not run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state="$root/.local"
pg_bin=/usr/lib/postgresql/15/bin

# Progress: a spinner-free single line on a terminal, plain lines elsewhere.
say() { printf '%s\n' "$*" >&2; }
step() { if [ -t 2 ]; then printf '\033[1m==>\033[0m %s\n' "$*" >&2; else say "==> $*"; fi; }
die() { say "error: $*"; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "root or sudo is needed for: $*"; fi
}

# install_packages GROUP...: what deploy/local/packages.txt lists for these groups and is not there yet.
install_packages() {
  command -v dpkg-query >/dev/null || die "this script installs Debian 12 packages; on another system install what deploy/local/packages.txt lists and use --no-build"
  local want=() missing=() group p
  for group in "$@"; do
    while read -r p; do want+=("$p"); done < <(awk -v g="$group" '$1 == g {print $2}' "$root/deploy/local/packages.txt")
  done
  for p in "${want[@]}"; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing+=("$p")
  done
  [ "${#missing[@]}" = 0 ] && return 0
  step "installing ${#missing[@]} packages: ${missing[*]}"
  # Debian's package would start a cluster of its own on port 5432; ours is private.
  if [[ " ${missing[*]} " == *" postgresql-15 "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    as_root mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.d/mita.conf >/dev/null
  fi
  # Likewise haproxy and nginx: programs to measure beside, no services of this machine.
  local policy=/usr/sbin/policy-rc.d made_policy=0
  if [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null; as_root chmod +x "$policy"; made_policy=1; fi
  local log; log=$(mktemp)
  as_root apt-get update -qq >"$log" 2>&1 || { [ "$made_policy" = 0 ] || as_root rm -f "$policy"; cat "$log" >&2; die "apt-get update failed"; }
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
    [ "$made_policy" = 0 ] || as_root rm -f "$policy"
    tail -n 30 "$log" >&2; die "apt-get install failed (whole log: $log)"
  fi
  [ "$made_policy" = 0 ] || as_root rm -f "$policy"
  rm -f "$log"
}

# build PRESET [TARGET...]
build() {
  local preset=$1; shift
  local commit; commit=$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)
  step "building ($preset)"
  if command -v ccache >/dev/null; then export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1; fi
  (cd "$root" && cmake --preset "$preset" -DMITA_COMMIT="$commit" >"$root/build-$preset.log" 2>&1) || { tail -n 30 "$root/build-$preset.log" >&2; die "cmake failed"; }
  rm -f "$root/build-$preset.log"
  if [ -t 2 ]; then (cd "$root" && cmake --build --preset "$preset" ${1:+--target "$@"} >&2) || die "build failed"
  else
    local log="$root/build/$preset/build.log"
    (cd "$root" && NINJA_STATUS='[%f/%t] ' cmake --build --preset "$preset" ${1:+--target "$@"} >"$log" 2>&1) || { grep -E -A 12 'error|FAILED' "$log" | head -n 60 >&2; die "build failed (whole log: $log)"; }
  fi
}

# free_port PREFERRED: that port when nobody listens there, else any free one.
free_port() {
  python3 - "$1" <<'PY'
import socket, sys
for port in (int(sys.argv[1]), 0):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(("127.0.0.1", port)); print(s.getsockname()[1]); break
    except OSError:
        continue
    finally:
        s.close()
PY
}

# secret NAME: the file .local/secrets/NAME, made with 32 random bytes the first time, readable by its owner only.
secret() {
  mkdir -p "$state/secrets"; chmod 700 "$state/secrets"
  [ -s "$state/secrets/$1" ] || (umask 077; head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$state/secrets/$1")
  cat "$state/secrets/$1"
}

# PostgreSQL refuses to run as root: then the package's own user `postgres` runs it.
pg_as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups env -C / "$@"; else "$@"; fi; }

# Where the cluster lives: .local/pg, or /var/lib/mita-local/... when the user postgres cannot reach the checkout (a clone under /root).
pg_home() {
  if [ "$(id -u)" != 0 ]; then echo "$state/pg"; return; fi
  mkdir -p "$state"
  if pg_as test -x "$state" 2>/dev/null; then echo "$state/pg"; else echo "/var/lib/mita-local/$(printf '%s' "$root" | sha256sum | cut -c1-12)"; fi
}

pg_start() {
  local home; home=$(pg_home)
  if [ ! -s "$home/data/PG_VERSION" ]; then
    step "making a private PostgreSQL cluster in $home"
    mkdir -p "$home"; [ "$(id -u)" = 0 ] && chown postgres:postgres "$home"; chmod 700 "$home"
    local pw; pw=$(mktemp); secret pg_owner >"$pw"; [ "$(id -u)" = 0 ] && chown postgres "$pw"
    pg_as "$pg_bin/initdb" -D "$home/data" -U mita_owner --pwfile="$pw" --auth-local=peer --auth-host=scram-sha-256 -E UTF8 --locale=C.UTF-8 >/dev/null || { rm -f "$pw"; die "initdb failed"; }
    rm -f "$pw"
  fi
  if ! pg_as "$pg_bin/pg_ctl" -D "$home/data" status >/dev/null 2>&1; then
    local port; port=$(free_port "${MITA_PG_PORT:-5433}")
    step "starting PostgreSQL on 127.0.0.1:$port"
    pg_as "$pg_bin/pg_ctl" -D "$home/data" -l "$home/log" -w -t 60 start \
      -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$home -c max_connections=100" >/dev/null || { tail -n 5 "$home/log" >&2; die "PostgreSQL did not start (log: $home/log)"; }
  fi
  pg_port=$(sed -n 4p "$home/data/postmaster.pid")
  export DATABASE_URL="postgresql://mita_owner:$(secret pg_owner)@127.0.0.1:$pg_port/mita"
  PGPASSWORD=$(secret pg_owner) psql -h 127.0.0.1 -p "$pg_port" -U mita_owner -d postgres -Atqc "select 1 from pg_database where datname='mita'" | grep -q 1 ||
    PGPASSWORD=$(secret pg_owner) psql -h 127.0.0.1 -p "$pg_port" -U mita_owner -d postgres -qc 'create database mita'
}
pg_stop() {
  local home; home=$(pg_home)
  [ -s "$home/data/PG_VERSION" ] && pg_as "$pg_bin/pg_ctl" -D "$home/data" -m fast -w stop >/dev/null 2>&1 || true
}

# role_url ROLE PASSWORD: DATABASE_URL with another user.
role_url() {
  python3 - "$DATABASE_URL" "$1" "$2" <<'PY'
import sys
from urllib.parse import urlsplit, urlunsplit, quote
u = urlsplit(sys.argv[1])
host = u.netloc.rsplit("@", 1)[-1]
print(urlunsplit((u.scheme, f"{quote(sys.argv[2])}:{quote(sys.argv[3])}@{host}", u.path, u.query, u.fragment)))
PY
}

# The environment of the three services: secrets made here once, ports as OPERATIONS says, all overridable.
services_env() {
  export MITA_AUTH_SECRET=${MITA_AUTH_SECRET:-$(secret auth)} MITA_FINANCE_SECRET=${MITA_FINANCE_SECRET:-$(secret finance)}
  export MITA_INTERNAL_TOKEN=${MITA_INTERNAL_TOKEN:-$(secret internal)} MITA_OPS_TOKEN=${MITA_OPS_TOKEN:-$(secret ops)}
  export MITA_AUTH_DATABASE_URL=${MITA_AUTH_DATABASE_URL:-$(role_url mita_auth "$(secret pg_auth)")}
  export MITA_FINANCE_DATABASE_URL=${MITA_FINANCE_DATABASE_URL:-$(role_url mita_finance "$(secret pg_finance)")}
  export MITA_GATEWAY_PORT=${MITA_GATEWAY_PORT:-8080} MITA_AUTH_PORT=${MITA_AUTH_PORT:-8081} MITA_FINANCE_PORT=${MITA_FINANCE_PORT:-8082}
  export MITA_GATEWAY_INTERNAL_PORT=${MITA_GATEWAY_INTERNAL_PORT:-8090} MITA_AUTH_INTERNAL_PORT=${MITA_AUTH_INTERNAL_PORT:-8091} MITA_FINANCE_INTERNAL_PORT=${MITA_FINANCE_INTERNAL_PORT:-8092}
  # Mails are files here unless a server is named (MITA_MAIL_URL=smtp://host:587).
  export MITA_MAIL_URL=${MITA_MAIL_URL:-file://$state/mail} MITA_MAIL_FROM=${MITA_MAIL_FROM:-MITA <no-reply@mita.local>}
  export MITA_PUBLIC_URL=${MITA_PUBLIC_URL:-http://127.0.0.1:$MITA_GATEWAY_PORT}
  export MITA_AUTH_URL=${MITA_AUTH_URL:-http://127.0.0.1:$MITA_AUTH_PORT} MITA_FINANCE_URL=${MITA_FINANCE_URL:-http://127.0.0.1:$MITA_FINANCE_PORT}
  export MITA_AUTH_INTERNAL_URL=${MITA_AUTH_INTERNAL_URL:-http://127.0.0.1:$MITA_AUTH_INTERNAL_PORT} MITA_FINANCE_INTERNAL_URL=${MITA_FINANCE_INTERNAL_URL:-http://127.0.0.1:$MITA_FINANCE_INTERNAL_PORT}
}

# begun_at PID: when that process began, in ticks since boot; nothing when there is none, or only a zombie that nobody reaped.
begun_at() {
  local line
  IFS= read -r line 2>/dev/null <"/proc/$1/stat" || return 1
  read -ra line <<<"${line##*) }"
  case ${line[0]} in [ZXx]) return 1 ;; esac
  echo "${line[19]}"
}
# alive SERVICE: the very process that was started runs, not a stranger who got its number since.
alive() {
  local pid begun
  pid=$(cat "$state/run/$1.pid" 2>/dev/null) && [ -n "$pid" ] && begun=$(begun_at "$pid") || return 1
  [ ! -s "$state/run/$1.begun" ] || [ "$begun" = "$(cat "$state/run/$1.begun")" ]
}
