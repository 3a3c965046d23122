#!/usr/bin/env python3
"""Bundles openapi.yaml and schemas/*.json into one document, openapi.json, which the gateway serves.

`bundle.py` writes it, `bundle.py --check` fails when it is out of date. Anchors are resolved, x- members of the root dropped,
schemas/NAME.json becomes #/components/schemas/NAME."""
import json
import pathlib
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent


class Loader(yaml.SafeLoader):
    """YAML without dates: every plain scalar that looks like one stays text."""


Loader.yaml_implicit_resolvers = {first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
                                  for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def load():
    """openapi.yaml as it is, anchors resolved."""
    return yaml.load((HERE / "openapi.yaml").read_text(), Loader)


def schemas():
    return {file.stem: json.loads(file.read_text()) for file in sorted((HERE / "schemas").glob("*.json"))}


def inner(node):
    """The node with references into schemas/ pointing into the bundle."""
    if isinstance(node, list):
        return [inner(x) for x in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str) and node["$ref"].endswith(".json"):
        return {**node, "$ref": "#/components/schemas/" + pathlib.PurePath(node["$ref"]).stem}
    return {key: inner(x) for key, x in node.items()}


def bundle():
    document = {key: x for key, x in load().items() if not key.startswith("x-")}
    document["components"]["schemas"] = {name: {k: v for k, v in schema.items() if k not in ("$schema", "$id")}
                                         for name, schema in schemas().items()
                                         if not name.startswith(("internal_", "introspect"))}
    return inner(document)


def text():
    return json.dumps(bundle(), ensure_ascii=False, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    target = HERE / "openapi.json"
    if sys.argv[1:] == ["--check"]:
        sys.exit(0 if target.exists() and target.read_text() == text() else "openapi.json is out of date: run proto-json/bundle.py")
    target.write_text(text())
