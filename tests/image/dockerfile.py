"""Replays the Dockerfile without an engine: each stage is a Debian root made with debootstrap, its instructions are carried out by chroot.

    tests/image/dockerfile.py        leaves the last stage in build/image/last, what CMD, USER and HEALTHCHECK say in build/image/last.json,
                                     and its binaries as those of a preset `image`

Needs root, debootstrap and the network. Of what an engine does this leaves out layers, their cache and the engine's own confinement.
"""
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLACE = ROOT / "build/image"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)


def instructions(text):
    """(INSTRUCTION, the rest) of each; comments gone, continued lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name.upper(), rest.strip()


def run(*command, **options):
    subprocess.run([str(c) for c in command], check=True, stdin=subprocess.DEVNULL, **options)


def base():
    """Debian 12 as small as it comes, with this machine's package sources. Made once."""
    root = PLACE / "base"
    if not (root / "etc/debian_version").exists():
        say("debootstrap of Debian 12")
        shutil.rmtree(root, ignore_errors=True)
        made = PLACE / "base.part"
        shutil.rmtree(made, ignore_errors=True)
        run("debootstrap", "--variant=minbase", "bookworm", made, stdout=subprocess.DEVNULL)
        apt = pathlib.Path("/etc/apt")
        for name in ("sources.list", "sources.list.d", "apt.conf.d"):
            if (apt / name).is_dir():
                shutil.copytree(apt / name, made / "etc/apt" / name, dirs_exist_ok=True)
            elif (apt / name).exists():
                shutil.copy(apt / name, made / "etc/apt" / name)
        made.rename(root)
    return root


class Stage:
    def __init__(self, name):
        self.root, self.folder, self.arguments = PLACE / name, "/", {}
        self.told = {"USER": "0:0", "CMD": [], "HEALTHCHECK": []}
        shutil.rmtree(self.root, ignore_errors=True)
        run("cp", "-a", base(), self.root)
        for made_by_the_engine in (".dockerenv", "etc/hosts"):
            (self.root / made_by_the_engine).touch()

    def inside(self, path):
        return self.root / str(pathlib.PurePosixPath(self.folder, path)).lstrip("/")

    def run(self, words):
        """In a mount namespace of its own, so that nothing stays mounted however this ends."""
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        told = " ".join(f"export {k}={shlex.quote(v)};" for k, v in {"PATH": PATH, **self.arguments}.items())
        inner = f"{told} cd {shlex.quote(self.folder)} && {words}"
        log = PLACE / "run.log"
        with open(log, "wb") as out:
            done = subprocess.run(["unshare", "--mount", "--fork", "sh", "-c", 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec env -i "PATH=$PATH" chroot "$0" sh -c "$1"',
                                   str(self.root), inner], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        if done.returncode:
            raise SystemExit(f"RUN {words}\nended with {done.returncode}:\n{log.read_text(errors='replace')[-4000:]}")

    def copy(self, source_root, words):
        *sources, target = words
        place = self.inside(target)
        many = target.endswith("/") or len(sources) > 1
        for source in sources:
            here = source_root / source.lstrip("/")
            if here.is_dir():
                shutil.copytree(here, place, dirs_exist_ok=True, symlinks=True)
            else:
                end = place / here.name if many or place.is_dir() else place
                end.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(here, end)


def replay(text):
    stages, stage = {}, None
    for name, rest in instructions(text):
        if name == "FROM":
            words = rest.split()
            if not re.fullmatch(r"debian:12(-slim)?", words[0]):
                raise SystemExit(f"only Debian 12 can be the base of a stage here, not {words[0]}")
            label = words[2] if len(words) == 3 else "last"
            say(f"stage {label}")
            stage = stages[label] = Stage(label)
        elif name == "WORKDIR":
            stage.folder = rest
            stage.inside(".").mkdir(parents=True, exist_ok=True)
        elif name == "ARG":
            key, _, value = rest.partition("=")
            stage.arguments[key] = value
        elif name == "RUN":
            say(f"RUN {rest[:100]}")
            stage.run(rest)
        elif name == "COPY":
            words = rest.split()
            origin = ROOT
            if words[0].startswith("--from="):
                origin = stages[words.pop(0).removeprefix("--from=")].root
            stage.copy(origin, words)
        elif name == "CMD":
            stage.told["CMD"] = json.loads(rest)
        elif name == "HEALTHCHECK":
            stage.told["HEALTHCHECK"] = json.loads(rest[rest.index("CMD ") + 4:])
        elif name == "USER":
            stage.told["USER"] = rest
        elif name not in ("STOPSIGNAL", "EXPOSE"):
            raise SystemExit(f"{name} is not known here")
    (PLACE / "last.json").write_text(json.dumps(stage.told))
    (PLACE / "bin").unlink(missing_ok=True)
    (PLACE / "bin").symlink_to("last/usr/local/bin")


if __name__ == "__main__":
    PLACE.mkdir(parents=True, exist_ok=True)
    replay((ROOT / "Dockerfile").read_text())
