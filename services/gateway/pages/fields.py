"""The members of a JSON Schema as rows for people: name with its place, type in words, whether it must be there, its bounds."""
import pathlib

BOUNDS = (("minimum", "≥ {}"), ("maximum", "≤ {}"), ("minItems", "at least {} items"), ("maxItems", "at most {} items"),
          ("minProperties", "at least {} members"), ("default", "default {}"))


def reference(schema):
    """The name of the schema this refers to, or None."""
    return pathlib.PurePath(schema["$ref"]).stem if "$ref" in schema else None


def choices(schema):
    """(what it may be but for null, whether null is allowed)."""
    some = schema.get("oneOf", [])
    if not some or not all("$ref" in s or "type" in s for s in some):
        return [schema], False
    left = [s for s in some if s.get("type") != "null"]
    return left, len(left) < len(some)


def type_of(schema):
    """[(text, schema name to link or None)], in order."""
    left, null = choices(schema)
    out = []
    for one in left:
        out += [(" or ", None)] if out else []
        name = reference(one)
        if name:
            out.append((name, name))
        elif one.get("type") == "array":
            out += [("list of ", None), *type_of(one["items"])]
        elif "enum" in one:
            out.append((" · ".join(map(str, one["enum"])), None))
        elif "const" in one:
            out.append((str(one["const"]).lower() if isinstance(one["const"], bool) else str(one["const"]), None))
        else:
            kind = one.get("type", "any")
            out.append((" or ".join(kind) if isinstance(kind, list) else kind, None))
    return out + ([(" or null", None)] if null else [])


def bounds(schema):
    (one, *others), _ = choices(schema)
    if others:
        return ""
    said = [text.format(one[key]) for key, text in BOUNDS if key in one]
    if one.get("type") == "string" and "maxLength" in one:
        said.append(f"{one.get('minLength', 0)}–{one['maxLength']} characters")
    if "pattern" in one:
        said.append(one["pattern"])
    return ", ".join(said)


def rows(schema, at=""):
    """(name, type, required, bounds, description) of each member; inner ones as `days[].date`. References are not followed."""
    required = schema.get("required", [])
    for name, member in schema.get("properties", {}).items():
        if member is True or member == {}:
            yield at + name, [("any", None)], name in required, "", ""
            continue
        yield at + name, type_of(member), name in required, bounds(member), member.get("description", "")
        (inner, *others), _ = choices(member)
        mark = ""
        while not others and inner.get("type") == "array":
            mark += "[]"
            (inner, *others), _ = choices(inner["items"])
        if not others and inner.get("properties"):
            yield from rows(inner, f"{at}{name}{mark}.")
