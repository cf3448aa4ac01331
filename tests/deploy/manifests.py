"""What manifests have to have beside their form: `manifests.py FILE`."""

import re
import sys

import yaml

documents = [it for it in yaml.safe_load_all(open(sys.argv[1])) if it]
by_kind = {}
for it in documents:
    by_kind.setdefault(it["kind"], []).append(it)
assert "Secret" not in by_kind, "a secret is referred to, and never written down"

for workload in by_kind["Deployment"] + by_kind.get("StatefulSet", []):
    name = workload["metadata"]["name"]
    pod = workload["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False, name
    assert not any(pod.get(it) for it in ["hostNetwork", "hostPID", "hostIPC"]), name
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"], name
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault", name
    kinds = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
    assert kinds <= {"configMap", "secret", "emptyDir"}, (name, kinds)
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False, name
        assert context["readOnlyRootFilesystem"] is True, name
        assert context["capabilities"] == {"drop": ["ALL"]}, name
        assert container["resources"]["limits"]["memory"], name
        assert re.search(r":[0-9][^:]*$", container["image"]), (name, container["image"])
        assert not any("value" in it and "PASSWORD" in it["name"] and "_FILE" not in it["name"]
                       for it in container.get("env", [])), name
    # Nobody gets to it, and it gets nowhere, but by a word of the policies.
    labels = workload["spec"]["template"]["metadata"]["labels"]

    def selects(selector):
        for one in selector.get("matchExpressions", []):
            assert one["operator"] == "In"
            if labels.get(one["key"]) not in one["values"]:
                return False
        return all(labels.get(k) == v for k, v in selector.get("matchLabels", {}).items())

    policies = [it["spec"] for it in by_kind["NetworkPolicy"] if selects(it["spec"]["podSelector"])]
    assert any(set(it["policyTypes"]) == {"Ingress", "Egress"} for it in policies), name

[gateway] = [it for it in by_kind["Deployment"] if it["metadata"]["name"] == "hotcell"]
assert gateway["spec"]["replicas"] > 1
pod = gateway["spec"]["template"]["spec"]
[container] = pod["containers"]
for probe, path in [("livenessProbe", "/health/live"), ("readinessProbe", "/health/ready")]:
    assert container[probe]["httpGet"]["path"] == path
# What is under way has its time, after nobody is sent here any more.
[config] = [it["data"]["hotcell.toml"] for it in by_kind["ConfigMap"]]
drain = int(re.search(r"^drain-ms = (\d+)", config, re.M)[1]) / 1000
wait = container["lifecycle"]["preStop"]["sleep"]["seconds"]
assert pod["terminationGracePeriodSeconds"] > drain + wait, (drain, wait)
assert by_kind["PodDisruptionBudget"][0]["spec"]["selector"] == gateway["spec"]["selector"]
[service] = [it for it in by_kind["Service"] if it["metadata"]["name"] == "hotcell"]
ports = {it["name"] for it in container["ports"]}
assert all(it["targetPort"] in ports for it in service["spec"]["ports"])
# Every secret that the configuration names is a file of the volume.
mounts = {it["name"]: it["mountPath"] for it in container["volumeMounts"]}
for path in re.findall(r"file:([^\"]+)", config):
    assert path.startswith(mounts["secrets"] + "/"), path
print(sys.argv[1], "is as it should be:", *sorted(by_kind))
