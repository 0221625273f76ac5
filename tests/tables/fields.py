"""Prints src/sandbox/openapi/fields.txt: what the OpenAPI documents say of fields beyond src/schema/types.txt.

A line is a type, a field, and `!` required although it may be left out, `?` not required although it is always written, or
`=A,B` its values, `*=A,B` those of its items. The documents are those of a server of the wanted version, as files:

    kubectl get --raw /openapi/v3/apis/apps/v1 > apps.json
    python3 tests/tables/fields.py src/schema/types.txt *.json
"""

import json
import sys

types, *documents = sys.argv[1:]
written = {}
for line in open(types, encoding="utf-8"):
    name, _, fields = line.strip().partition(" ")
    written[name.rstrip("!")] = heads = {}
    for field in filter(None, fields.split(";")):
        head = field.split(":")[0].split("#")[0]
        heads[head.rstrip("*?0")] = "?" in head or head.endswith("0")

lines = set()
for document in documents:
    schemas = json.load(open(document, encoding="utf-8"))["components"]["schemas"]
    for path, schema in schemas.items():
        name = ".".join(path.split(".")[-3:])
        for field, may_lack in written.get(name, {}).items():
            required = field in schema.get("required", [])
            if required == may_lack:
                lines.add(f"{name} {field} {'!' if required else '?'}")
            described = schema.get("properties", {}).get(field, {})
            inner = described.get("items") or described.get("additionalProperties") or {}
            for mark, values in (("", described.get("enum")), ("*", inner.get("enum"))):
                if values:
                    lines.add(f"{name} {field} {mark}={','.join(values)}")
print("\n".join(sorted(lines)))
