"""JSON as people read it: what fits in a line stays in one, a long list shows its first few."""
import json

KEEP = 3  # elements of a longer list
WIDTH = 88


class More(str):
    """Stands for the elements that are left out."""


def shortened(node):
    if isinstance(node, list):
        if len(node) <= KEEP + 1:
            return [shortened(x) for x in node]
        return [*map(shortened, node[:KEEP]), More(f"… {len(node) - KEEP} more")]
    if isinstance(node, dict):
        return {k: shortened(v) for k, v in node.items()}
    return node


def is_whole(node):
    if isinstance(node, More):
        return False
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return all(map(is_whole, inner))


def pretty(node, indent=""):
    if isinstance(node, More):
        return str(node)
    flat = json.dumps(node, ensure_ascii=False)
    if not isinstance(node, (list, dict)) or not node or len(indent) + len(flat) <= WIDTH and is_whole(node):
        return flat
    deeper = indent + "  "
    if isinstance(node, dict):
        inner = [f"{json.dumps(k, ensure_ascii=False)}: {pretty(v, deeper)}" for k, v in node.items()]
    else:
        inner = [pretty(x, deeper) for x in node]
    left, right = "{}" if isinstance(node, dict) else "[]"
    return f"{left}\n{deeper}" + f",\n{deeper}".join(inner) + f"\n{indent}{right}"
