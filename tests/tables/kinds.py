"""Prints src/schema/kinds.txt from the aggregated discovery of a real server.

kubectl get --raw has no Accept header, so: for p in api apis; do curl -H "Authorization: Bearer $TOKEN" \
  -H 'Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' $SERVER/$p > $p.json; done; kinds.py api.json apis.json
"""
import json
import sys

SERVED = {"autoscaling": ["v2", "v1"]}
GROUPS = ["", "apps", "batch", "autoscaling", "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "storage.k8s.io", "coordination.k8s.io",
          "discovery.k8s.io", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "apiextensions.k8s.io", "admissionregistration.k8s.io", "scheduling.k8s.io"]

for path in sys.argv[1:]:
    for group in json.load(open(path))["items"]:
        name = (group.get("metadata") or {}).get("name", "")
        if name not in GROUPS:
            continue
        for version in group["versions"]:
            if version["version"] not in SERVED.get(name, ["v1"]):
                continue
            for kind in version["resources"]:
                if kind["resource"] in ("componentstatuses", "tokenreviews"):
                    continue
                subresources = [
                    sub["subresource"] + ":" + "/".join(sub["responseKind"].get(part, "") for part in ("group", "version", "kind")) + ":" + "+".join(sub["verbs"])
                    for sub in kind.get("subresources", [])
                ]
                print(name or "core", version["version"], kind["responseKind"]["kind"], kind["resource"], kind.get("singularResource") or "-",
                      ",".join(kind.get("shortNames", [])) or "-", ",".join(kind.get("categories", [])) or "-",
                      "n" if kind["scope"] == "Namespaced" else "c", "+".join(kind["verbs"]), ";".join(subresources) or "-")
