"""Prints src/sandbox/access/roles.txt from the roles and bindings that a real server makes at its first start, those that people bind or have.

kubectl get clusterroles,clusterrolebindings -o json | roles.py

`role NAME LABELS AGGREGATED` opens a role; `AGGREGATED` is the label whose roles it joins. Its rules follow, indented: groups (`core` for the
empty one), resources and verbs, or `path`, paths and verbs. `binding NAME ROLE GROUPS` binds a cluster role to groups.
"""
import json
import sys

ROLES = ["cluster-admin", "admin", "edit", "view", "system:basic-user", "system:discovery", "system:public-info-viewer",
         "system:aggregate-to-admin", "system:aggregate-to-edit", "system:aggregate-to-view"]

for item in json.load(sys.stdin)["items"]:
    name = item["metadata"]["name"]
    if item["kind"] == "ClusterRole" and name in ROLES:
        labels = ",".join(f"{key}={value}" for key, value in item["metadata"]["labels"].items())
        selectors = (item.get("aggregationRule") or {}).get("clusterRoleSelectors", [])
        aggregated = [f"{key}={value}" for selector in selectors for key, value in selector["matchLabels"].items()]
        print("role", name, labels, ",".join(aggregated) or "-")
        for rule in item["rules"]:
            if "nonResourceURLs" in rule:
                print("  path", ",".join(rule["nonResourceURLs"]), ",".join(rule["verbs"]))
            else:
                groups = ",".join(group or "core" for group in rule["apiGroups"])
                print(" ", groups, ",".join(rule["resources"]), ",".join(rule["verbs"]))
    if item["kind"] == "ClusterRoleBinding" and item["roleRef"]["name"] in ROLES:
        print("binding", name, item["roleRef"]["name"], ",".join(subject["name"] for subject in item["subjects"]))
