"""A command for each operation that runs as it stands, once MITA, TOKEN and the ids it names are set in the shell. Tests run every one of them."""
import json
import pathlib
import re

from shown import pretty

FORM = "application/x-www-form-urlencoded"
WIDTH = 110  # a longer command goes on in the next line
DAY, MONTH = "$(date +%F)", "$(date +%Y-%m)"
QUERY = {"month": MONTH, "category": "groceries"}  # of those that an operation needs, and of what is worth showing
KEY = "$(cat /proc/sys/kernel/random/uuid)"
# Members whose value only the reader has; a credential is what a browser brought, as JSON.
SECRETS = {"refresh_token": "REFRESH_TOKEN", "token": "MAILED_TOKEN", "mfa_token": "MFA_TOKEN", "code": "CODE", "to_account_id": "ACCOUNT", "into": "PAYEE"}


def example(name, examples):
    """The one to show first of the examples of a schema: NAME.first, NAME.least, the first by name."""
    files = sorted(examples.glob(f"{name}.*.json"), key=lambda f: (not f.name.endswith(".first.json"), not f.name.endswith(".least.json"), f.name))
    return json.loads(files[0].read_text()) if files else None


def variable(path, name):
    """/v1/transactions/{id} -> TRANSACTION."""
    if name != "id":
        return name.upper()
    noun = path.split("/{id}")[0].rsplit("/", 1)[1]
    return re.sub("ies$", "y", noun).removesuffix("s").upper()


def target(path, parameters):
    values = {"date": DAY, "month": MONTH, "file": "$FILE"}
    out = re.sub(r"{(\w+)}", lambda m: values.get(m[1], "$" + variable(path, m[1])), path)
    # In the shell "$X:restore" would be a modifier of some; braces end the name.
    out = re.sub(r"\$([A-Z]+)(?=:)", r"${\1}", out)
    query = [f"{p['name']}={QUERY[p['name']]}" for p in parameters if p["in"] == "query" and p["name"] in QUERY and (p.get("required") or p["name"] == "month")]
    return out + ("?" + "&".join(query) if query else "")


def schema_name(body):
    content = next(iter(body["content"].values()))
    return pathlib.PurePath(content["schema"].get("$ref", "")).stem


def data(body, examples):
    shown = example(schema_name(body), examples)
    if "credential" in shown:
        shown["credential"] = ""
    text = pretty(shown).replace("'", "'\\''").replace('"credential": ""', """"credential": '"$CREDENTIAL"'""")
    for member, name in SECRETS.items():
        text = re.sub(rf'("{member}": )"[^"]*"', lambda m: m[1] + f"""\"'"${name}"'\"""", text)
    text = re.sub(r'("transaction_ids": )\[[^]]*\]', r"""\1["'"$LEFT"'", "'"$ARRIVED"'"]""", text)
    text = re.sub(r'("from": )\[[^]]*\]', r"""\1["'"$MERGED"'"]""", text)
    return f"'{text}'"


def command(method, path, operation, parameters, token, body, examples):
    """token: TOKEN, OPS_TOKEN, CLIENT (an id and a secret) or None. body: the resolved request body or None."""
    parts = ["curl -sS" + ("" if method in ("get", "post") else f" -X {method.upper()}")]
    if method == "post" and not (body and body.get("required")):
        parts[0] += " -X POST"
    parts.append(f'"$MITA{target(path, parameters)}"')
    if token == "CLIENT":
        parts.append('-u "$CLIENT_ID:$CLIENT_SECRET"')
    elif token:
        parts.append(f'-H "Authorization: Bearer ${token}"')
    named = {p["name"]: p for p in parameters if p["in"] == "header"}
    if named.get("If-Match", {}).get("required"):
        parts.append("-H 'If-Match: *'")
    if "Idempotency-Key" in named:
        parts.append(f'-H "Idempotency-Key: {KEY}"')
    if body and FORM in body["content"]:
        parts += ['--data-urlencode token="$TOKEN"' if name == "token" else f"-d {name}={value}" for name, value in example(schema_name(body), examples).items()]
    elif body and body.get("required"):
        parts += [f"-H 'Content-Type: {next(iter(body['content']))}'", f"-d {data(body, examples)}"]
    return wrapped(parts)


def wrapped(parts):
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + len(part.split("\n")[0]) > WIDTH:
            lines[-1] += " \\"
            lines.append("  " + part)
        else:
            lines[-1] += " " + part
    return "\n".join(lines)
