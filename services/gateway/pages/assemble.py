#!/usr/bin/python3
"""Makes the gateway's pages, run by CMake: `assemble.py CONTRACT OUT.cpp` writes the bytes of every page and asset, plain and gzip, behind
services/gateway/own/page_files.hpp. Assets are called by a hash of what they hold, and whoever names one as [[base.css]] or './rates.js' gets that name."""
import gzip
import hashlib
import pathlib
import re
import sys

import reference

HERE = pathlib.Path(__file__).resolve().parent
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
NAMED = re.compile(r"\[\[([\w./-]+)\]\]|(?<=from \")\./([\w-]+\.js)(?=\")")


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


def assets(place=HERE):
    """{file: (name below /assets/, text)} of stylesheets, scripts and pictures; what a script imports is named first."""
    out = {}

    def add(file):
        if file not in out:
            text = NAMED.sub(lambda m: "/assets/" + add(m[1] or m[2]), (place / file).read_text())
            stem, suffix = file.rsplit(".", 1)
            out[file] = (f"{stem}.{digest(text.encode())}.{suffix}", text)
        return out[file][0]

    for path in sorted(place.glob("*.*")):
        if path.suffix in TYPES and path.suffix != ".html":
            add(path.name)
    return out


def files(contract):
    """{name: text}: the pages by their path, assets by their name."""
    made = assets()
    pages = {"docs": reference.of_contract(contract).html((HERE / "docs.html").read_text())}
    for path in sorted(HERE.glob("*.html")):
        pages.setdefault(path.stem, path.read_text())
    out = {name: NAMED.sub(lambda m: "/assets/" + made[m[1]][0], text) for name, text in pages.items()}
    return out | dict(made.values())


def bytes_of(data):
    return ",\n".join(",".join(map(str, data[at:at + 64])) for at in range(0, len(data), 64))


def source(made):
    out = ["// Made by services/gateway/pages/assemble.py at build.\n#include \"gateway/own/page_files.hpp\"\n\nnamespace mita::gateway::own {\n\nnamespace {\n"]
    rows = []
    for at, (name, text) in enumerate(made.items()):
        plain = text.encode()
        packed = gzip.compress(plain, 9, mtime=0)
        out.append(f"constexpr unsigned char plain_{at}[] = {{\n{bytes_of(plain)}}};\nconstexpr unsigned char packed_{at}[] = {{\n{bytes_of(packed)}}};\n")
        kind = TYPES[pathlib.PurePath(name).suffix or ".html"]
        rows.append(f'    {{"{name}", "{kind}", "{digest(plain)}", text(plain_{at}), text(packed_{at})}},\n')
    out.append("template <std::size_t N>\nstd::string_view text(const unsigned char (&bytes)[N]) {\n"
               "    return {reinterpret_cast<const char*>(bytes), N};\n}\n}  // namespace\n\n")
    out.append(f"std::span<const page_file> page_files() {{\n    static const page_file all[] = {{\n{''.join(rows)}    }};\n    return all;\n}}\n\n")
    return "".join(out) + "}  // namespace mita::gateway::own\n"


if __name__ == "__main__":
    pathlib.Path(sys.argv[2]).write_text(source(files(sys.argv[1])))
