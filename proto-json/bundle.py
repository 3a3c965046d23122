#!/usr/bin/python3
"""Bundles openapi.yaml and schemas/*.json into one document, which the gateway serves as /openapi.json; `bundle.py` prints it.

Anchors are resolved, x- members of the root and of operations dropped, schemas/NAME.json becomes #/components/schemas/NAME with the messages of
examples/ok/NAME.*.json as its `examples`. Used by generate.py at build and by the tests."""
import json
import pathlib

import yaml

HERE = pathlib.Path(__file__).resolve().parent


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML without dates: every plain scalar that looks like one stays text. libyaml's parser where it is there: a tenth of the time."""


Loader.yaml_implicit_resolvers = {first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
                                  for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()}


def load():
    """openapi.yaml as it is, anchors resolved."""
    return yaml.load((HERE / "openapi.yaml").read_text(), Loader)


def schemas():
    return {file.stem: json.loads(file.read_text()) for file in sorted((HERE / "schemas").glob("*.json"))}


def examples(kind):
    """{schema: [message, ...]} of examples/KIND; the file NAME.CASE.json is of schemas/NAME.json."""
    found = {}
    for file in sorted((HERE / "examples" / kind).glob("*.json")):
        found.setdefault(file.stem.split(".")[0], []).append(json.loads(file.read_text()))
    return found


def inner(node):
    """The node with references into schemas/ pointing into the bundle."""
    if isinstance(node, list):
        return [inner(x) for x in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str) and node["$ref"].endswith(".json"):
        return {**node, "$ref": "#/components/schemas/" + pathlib.PurePath(node["$ref"]).stem}
    return {key: x if key == "examples" else inner(x) for key, x in node.items()}


def public(node):
    """Without what is for our own build: x- members."""
    return {key: x for key, x in node.items() if not key.startswith("x-")}


def bundle():
    document = public(load())
    document["paths"] = {path: {key: public(x) if isinstance(x, dict) else x for key, x in item.items()} for path, item in document["paths"].items()}
    good = examples("ok")
    document["components"]["schemas"] = {name: {k: v for k, v in schema.items() if k not in ("$schema", "$id")} | {"examples": good[name]}
                                         for name, schema in schemas().items()
                                         if not name.startswith(("internal_", "introspect"))}
    return inner(document)


def text():
    return json.dumps(bundle(), ensure_ascii=False, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    print(text(), end="")
