"""The contract as one HTML page that needs nothing but itself: every operation with its messages, examples, codes and a command that runs. Made at build
by assemble.py, served as /docs. Everything is there without a script; the script only searches, copies and marks where one is."""
import pathlib
from html import escape

import codes
import curl
import fields
from shown import pretty, shortened

ROOMS = {"auth": "People and sessions", "finance": "Plan and money", "operations": "Operating"}
FIRST_STEPS = """MITA=http://127.0.0.1:8080
{register}; echo
TOKEN=$({login} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
{onboarding}; echo
{today}; echo"""


def tag(name, inner, **attributes):
    said = "".join(f' {k.rstrip("_").replace("_", "-")}="{escape(str(v))}"' for k, v in attributes.items() if v is not None)
    return f"<{name}{said}>{inner}</{name}>"


def prose(text):
    """Plain text; `code` as code."""
    return "".join(tag("code", escape(part)) if i % 2 else escape(part) for i, part in enumerate(text.split("`")))


def table(heads, rows, caption):
    """A wide one can be scrolled by itself, by keyboard, too."""
    head = "".join(tag("th", escape(h), scope="col") for h in heads)
    body = "".join(tag("tr", "".join(f"<td>{cell}</td>" for cell in row)) for row in rows)
    return tag("div", f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>",
               class_="wide", tabindex="0", role="group", aria_label=caption)


class Reference:
    def __init__(self, document, operations, schemas, examples, readme):
        """`operations`: (method, path, operation, parameters) with references resolved by `document`'s components."""
        self.document, self.examples = document, examples
        self.operations = [(m, p, o, [self.resolved(x) for x in parameters]) for m, p, o, parameters in operations]
        self.schemas = {name: s for name, s in schemas.items() if not name.startswith(("internal_", "introspect"))}
        self.problems, self.findings = codes.listed(readme)

    def resolved(self, node):
        while isinstance(node, dict) and node.get("$ref", "").startswith("#/"):
            target = self.document
            for part in node["$ref"][2:].split("/"):
                target = target[part]
            node = target
        return node

    def security(self, operation):
        """(needs a person's token, needs or takes the ops token)"""
        schemes = self.schemes(operation)
        return "bearer" in schemes, "ops" in schemes

    def schemes(self, operation):
        return {name for one in operation.get("security", self.document["security"]) for name in one}

    def command(self, method, path, operation, parameters):
        person, ops = self.security(operation)
        body = self.resolved(operation["requestBody"]) if "requestBody" in operation else None
        token = "TOKEN" if person else "OPS_TOKEN" if ops else "CLIENT" if "client" in self.schemes(operation) else None
        return curl.command(method, path, operation, parameters, token, body, self.examples)

    def commands(self):
        """{operationId: command}"""
        return {o["operationId"]: self.command(m, p, o, ps) for m, p, o, ps in self.operations}

    def codes_of(self, operation, parameters):
        person, ops = self.security(operation)
        return codes.of(operation, parameters, person or ops, self.problems)

    # -- parts
    def link(self, name):
        return tag("a", escape(name), href=f"#message-{name}") if name in self.schemas else escape(name)

    def type_cell(self, said):
        return "".join(self.link(name) if name else tag("span", escape(text)) for text, name in said)

    def members(self, schema, caption):
        rows = [(tag("code", escape(name)), self.type_cell(kind), "yes" if must else "", escape("; ".join(filter(None, (limits, about)))))
                for name, kind, must, limits, about in fields.rows(schema)]
        return table(("member", "type", "required", "bounds"), rows, caption) if rows else tag("p", self.type_cell(fields.type_of(schema)) + " "
                                                                                              + escape(fields.bounds(schema)))

    def example(self, name):
        shown = curl.example(name, self.examples)
        return tag("pre", tag("code", escape(pretty(shortened(shown)))), class_="json", tabindex="0") if shown is not None else ""

    def message(self, content, what, caption):
        """A message where it is used: its members and an example, folded."""
        schema = next(iter(content.values()))["schema"]
        name, media = fields.reference(schema), ", ".join(content)
        if not name:
            return tag("p", f"{what}: {escape(media)}")
        inner = self.members(self.schemas[name], caption) + self.example(name)
        return tag("details", tag("summary", f"{what} {tag('code', name)} <small>{escape(media)}</small>") + inner)

    def access(self, operation):
        person, ops = self.security(operation)
        if person:
            return "access token"
        if "client" in self.schemes(operation):
            return "a service's id and secret" + (", or its own access token" if "service" in self.schemes(operation) else "")
        return "ops token" if [{}] not in ([s] for s in operation.get("security", [])) and ops else "open; more with the ops token" if ops else "open"

    def article(self, method, path, operation, parameters):
        name = operation["operationId"]
        head = tag("h3", tag("span", method.upper(), class_=f"verb {method}") + " " + tag("code", escape(path).replace("/", "/<wbr>"))
                   + tag("a", "#", href=f"#{name}", class_="anchor", aria_label=f"Link to {method.upper()} {path}"))
        out = [head, tag("p", prose(operation["summary"]), class_="summary")]
        if "description" in operation:
            out.append(tag("p", prose(operation["description"])))
        out.append(tag("p", f"Access: {self.access(operation)}" + (f" · counted by the limit <code>{operation['x-rate-limit']}</code>"
                                                                    if "x-rate-limit" in operation else ""), class_="access"))
        command = self.command(method, path, operation, parameters)
        out.append(tag("div", tag("pre", tag("code", escape(command)), class_="curl", tabindex="0", data_operation=name), class_="command"))
        if parameters:
            rows = [(tag("code", escape(p["name"])), p["in"], self.type_cell(fields.type_of(p["schema"])), "yes" if p.get("required") else "",
                     escape("; ".join(filter(None, (p.get("description", ""), fields.bounds(p["schema"])))))) for p in parameters]
            out.append(table(("parameter", "in", "type", "required", "meaning"), rows, f"Parameters of {name}"))
        if "requestBody" in operation:
            body = self.resolved(operation["requestBody"])
            out.append(self.message(body["content"], "Request", f"Members of the request of {name}"))
        for status, answer in sorted(operation["responses"].items()):
            answer = self.resolved(answer)
            if status < "300" and "content" in answer:
                out.append(self.message(answer["content"], f"Answer {status}", f"Members of the answer {status} of {name}"))
        out.append(self.statuses(operation, parameters))
        return tag("article", "".join(out), id=name, aria_label=f"{method.upper()} {path}")

    def statuses(self, operation, parameters):
        named = self.codes_of(operation, parameters)
        rows = []
        for status, answer in sorted(operation["responses"].items()):
            answer = self.resolved(answer)
            headers = [h for h in answer.get("headers", {}) if h not in ("X-Request-Id", "traceparent", "RateLimit", "RateLimit-Policy")]
            said = " ".join(tag("a", tag("code", c), href=f"#code-{c}") for c in named.get(status, []))
            rows.append((status, prose(answer["description"]), said, ", ".join(escape(h) for h in headers)))
        return tag("details", tag("summary", "Statuses and codes") + table(("status", "meaning", "codes", "headers"), rows, f"Statuses of {operation['operationId']}"))

    def first_steps(self):
        of = self.commands()
        text = FIRST_STEPS.format(register=of["register"], login=of["login"], onboarding=of["putOnboarding"], today=of["today"])
        return tag("div", tag("pre", tag("code", escape(text)), class_="curl", tabindex="0", id="first-steps"), class_="command")

    # -- the page
    def navigation(self):
        out = []
        for room, title in ROOMS.items():
            items = "".join(tag("li", tag("a", tag("span", m.upper(), class_=f"verb {m}") + " " + tag("span", escape(p).replace("/", "/<wbr>").replace(":", "<wbr>:")), href=f"#{o['operationId']}"))
                            for m, p, o, _ in self.operations if o["tags"] == [room])
            out.append(tag("h2", title) + tag("ul", items))
        messages = "".join(tag("li", tag("a", escape(name), href=f"#message-{name}")) for name in self.schemas)
        return "".join(out) + tag("h2", "Messages") + tag("ul", messages) + tag("h2", "Codes") + tag("ul", '<li><a href="#codes">Codes of problems</a></li>'
                                                                                                       '<li><a href="#findings">Codes of findings</a></li>')

    def messages(self):
        return "".join(tag("article", tag("h3", tag("code", escape(name))) + tag("p", prose(s["title"])) + self.members(s, f"Members of {name}")
                           + tag("details", tag("summary", "Example") + self.example(name)), id=f"message-{name}", aria_label=f"Message {name}")
                       for name, s in self.schemas.items())

    def code_tables(self):
        problems = [(tag("code", c, id=f"code-{c}"), ", ".join(s), prose(when)) for c, (s, when) in self.problems.items()]
        findings = [(tag("code", c), prose(when)) for c, when in self.findings.items()]
        return (tag("article", tag("h3", "Codes of problems") + tag("p", "An error is one <code>problem</code>, whoever answers. The code stays; texts may change.")
                    + table(("code", "status", "when"), problems, "Codes of problems"), id="codes", aria_label="Codes of problems")
                + tag("article", tag("h3", "Codes of findings") + tag("p", "In <code>errors[]</code>, each with the JSON pointer of what it is about.")
                      + table(("code", "when"), findings, "Codes of findings"), id="findings", aria_label="Codes of findings"))

    def html(self, template):
        rooms = "".join(tag("section", tag("h2", title) + "".join(self.article(*call) for call in self.operations if call[2]["tags"] == [room]),
                            aria_label=title) for room, title in ROOMS.items())
        info = self.document["info"]
        parts = {"version": escape(info["version"]), "about": prose(info["description"]), "navigation": self.navigation(), "first_steps": self.first_steps(),
                 "rooms": rooms, "messages": self.messages(), "codes": self.code_tables()}
        for name, text in parts.items():
            template = template.replace("{{" + name + "}}", text)
        return template


def of_contract(contract):
    """The reference made of proto-json/."""
    import sys
    if str(contract) not in sys.path:
        sys.path.insert(0, str(contract))
    import bundle
    import generate
    document = bundle.load()
    return Reference(document, generate.operations(document), bundle.schemas(), pathlib.Path(contract) / "examples/ok",
                     (pathlib.Path(contract) / "README.md").read_text())
