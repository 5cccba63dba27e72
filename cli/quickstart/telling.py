"""The building blocks of make_day.py: the principals, decisions, Envelope (each method adds one transition), the native
requests of the platform as envelopes, and check(), which rejects a day that the ledger would refuse."""
import hashlib
import re

ID, PARTNER = "https://id.example.com", "https://partner.example.net"
WORKLOADS, AGENTS = "https://workloads.example.com", "https://agents.example.com"
PLATFORM = "https://platform.example.com"


def principal(kind, issuer, name):
    return {"kind": kind, "issuer": issuer, "id": name}


ALICE, BOB, CAROL, DANA, ERIN = (principal("user", ID, name) for name in ("alice", "bob", "carol", "dana", "erin"))
OTHER_ALICE = principal("user", PARTNER, "alice")
DEPLOYER, CHAT, INDEXER, EVALS = (principal("service", WORKLOADS, "svc-" + name)
                                  for name in ("deployer", "chat", "indexer", "evals"))
ARIA, FIXER = principal("agent", AGENTS, "aria"), principal("agent", AGENTS, "fixer")
SCHEDULER, POLICY_POINT = principal("system", PLATFORM, "scheduler"), principal("service", PLATFORM, "policy-point")
VISITOR = principal("anonymous", "https://chat.example.com", "visitor")  # the help widget has no user names

GROUPS = {"alice": ["search-ml"], "bob": ["platform-oncall"], "carol": ["lab-vision"], "dana": ["support-owners"],
          "erin": ["compliance"]}
POLICIES = {"serving-access": ("2026.03.1", "pdp-serving"), "gpu-quota": ("17", "pdp-serving"),
            "restricted-data": ("5", "pdp-data"), "data-residency": ("9", "pdp-data"),
            "agent-delegation": ("2026.02.4", "pdp-agents"), "fair-use": ("3", "pdp-serving"),
            "capacity": ("2", "scheduler")}

# --- Small tools ------------------------------------------------------------------------------------------------------


class Dice:
    """A random number generator that is the same in every version of Python. Each envelope has its own generator,
    seeded by its name, so that a new story does not change the numbers of the others."""

    def __init__(self, seed):
        self.state = int(digest(seed)[7:23], 16)

    def roll(self, low, high):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return low + (self.state >> 33) % (high - low + 1)


def digest(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def clock(text):
    """Milliseconds since midnight of "14:22" or "14:22:10"."""
    hours, minutes, seconds = (text + ":00").split(":")[:3]
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000


def stamp(ms):
    seconds = ms // 1000
    return f"2026-03-17T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{ms % 1000:03}Z"


def stated(**fields):
    """Leaves out fields that are not stated, because absent and empty differ in a transition."""
    return {name: value for name, value in fields.items() if value is not None}


def decide(effect, policy, *reasons, by=POLICY_POINT, phase="pre", obligations=None):
    version, point = POLICIES[policy]
    return stated(point=point, phase=phase, effect=effect, reasons=list(reasons) or None,
                  policy={"id": policy, "version": version, "digest": digest(policy + version)},
                  obligations=obligations, decider=by)


def who(requester, tenant=None, subject=None, delegation=None):
    kind, name = requester["kind"], requester["id"]
    realm = requester["issuer"].removeprefix("https://").split(".")[0]  # keeps two people called alice apart
    login = {"user": {"method": "oidc", "session_id": f"sess-{realm}-{name}-0317"},
             "agent": {"method": "oidc-delegated", "credential_id": f"cred-{name}-07"}}
    return stated(requester=requester, subject=subject, delegation=delegation, tenant=tenant,
                  groups=["guests"] if requester == OTHER_ALICE else GROUPS.get(name),
                  authentication=login.get(kind, {"method": "mtls", "credential_id": f"cert-{name}-2026"}),
                  source=stated(service="api-gateway", address=f"192.0.2.{Dice(realm + name).roll(10, 200)}",
                                user_agent="aictl/2.3" if kind == "user" else None))


def hop(number, actor, scopes, issued, expires, after=None, binding="verified"):
    return stated(actor=actor, delegation_id=f"dlg-{number:04}", parent_id=after and f"dlg-{after:04}", issuer=ID,
                  scopes=scopes, audience="https://tools.example.com", issued_at=stamp(clock(issued)),
                  expires_at=stamp(clock(expires)), binding=binding)


def on(backend, nodes, native=None, cluster="eu-central-a", target=None):
    """Routing to {"gpu-n02": "01"}: node and device numbers. More than one node is written as placements."""
    places = [stated(node=node, devices=[f"gpu-{d}" for d in devices] or None) for node, devices in nodes.items()]
    where = places[0] if len(places) == 1 else {"placements": places} if places else {}
    return stated(backend=backend, cluster=cluster, **where, target_ref=target, native_ids=native)


def as_asked(asks):
    """A grant of exactly what was requested. Origin, selector and bounds of the request are not part of a grant."""
    return {name: ask if isinstance(ask, str) else {k: ask[k] for k in ("amount", "per", "unit_of") if k in ask}
            for name, ask in asks.items()}


class Envelope:
    """One envelope. Every method adds one transition and returns the envelope. `when` is a time of day ("14:22:10") or
    the seconds since the previous step; some milliseconds are added to either, to look real."""
    day = []

    def __init__(self, name, when, identity, execution, scope, asks, parent=None, external=None, conversation=None):
        self.name, self.asks, self.scope, self.dice = name, asks, scope, Dice(name)
        self.now = self.revision = self.decisions = 0
        self.root = parent.root if parent else name  # child envelopes share the trace of the first
        trace = f"00-{digest('trace ' + self.root)[7:39]}-{digest('span ' + name)[7:23]}-01"
        execution = {"request_digest": digest("native request of " + name), **execution}
        if parent:
            execution["parent_envelope_id"] = "env-" + parent.name
        self.step(when, "requested", identity=identity, execution=execution, scope=scope, requested=asks,
                  correlation=stated(request_id="req-" + name, traceparent=trace, conversation_id=conversation,
                                     external_ids=external))

    def step(self, when, stage, **families):
        self.now = (clock(when) if isinstance(when, str) else self.now + int(when * 1000)) + self.dice.roll(3, 900)
        if families.get("decision"):
            self.decisions += 1
            families["decision"] = {"id": f"dec-{self.name}-{self.decisions}", **families["decision"],
                                    "snapshot": f"authz-rev-{50000 + self.now // 60000}"}
        Envelope.day.append({"envelope_id": "env-" + self.name, "stage": stage, "occurred_at": stamp(self.now),
                             **stated(**families)})
        return self

    def deferred(self, when, reason, decision=None):
        return self.step(when, "deferred", decision=decision, reason=reason)

    def admitted(self, when, decision=None):
        return self.step(when, "admitted", decision=decision or decide("allow", "serving-access"))

    def denied(self, when, policy, *reasons):
        return self.step(when, "denied", decision=decide("deny", policy, *reasons))

    def granted(self, when, gives=None, route=None, decision=None, lease=None, reason=None, scopes=None, charge=None):
        self.revision += 1
        return self.step(when, "granted", decision=decision, routing=route, granted=stated(
            resources=as_asked(self.asks) if gives is None else gives, scopes=scopes,
            grant_id=f"grant-{self.name}-{self.revision}", expires_at=lease and stamp(clock(lease)), charge_to=charge,
            reason=reason))

    def started(self, when):
        return self.step(when, "started")

    def suspended(self, when, reason, decision=None):
        return self.step(when, "suspended", decision=decision, reason=reason)

    def completed(self, when, code="ok", usage=None, result=False):
        return self.step(when, "completed", outcome=stated(
            code=code, usage=usage, result_digest=digest("result of " + self.name) if result else None))

    def ended(self, when, stage, code, reason, usage=None):
        """Adds rejected, failed or expired, with the way it ended."""
        return self.step(when, stage, outcome=stated(code=code, reason=reason, usage=usage))

    def cancelled(self, when, by, *reasons):
        return self.step(when, "cancelled", decision=stated(reasons=list(reasons) or None, decider=by))

    def revoked(self, when, by, policy, reason):
        return self.step(when, "revoked", reason=reason,
                         decision=decide("deny", policy, reason, by=by, phase="ongoing"))

    def lost(self, when, reason):
        return self.step(when, "lost", reason=reason)

    def annotated(self, when, note, outcome=None):
        return self.step(when, "annotated", outcome=outcome, note=note)


# --- Native requests of the platform, normalized to envelopes ---------------------------------------------------------


def deploy(number, when, identity, model, project, asks, version="8", purpose=None, data="internal", binding="bound",
           scopes=("serving.invoke",), external=None, **execution):
    return Envelope(f"deploy-{number:04}", when, identity, {
        "kind": "model_deployment", "operation": "POST /serving/deploy_model", "action": "create",
        "targets": [{"type": "model", "id": model, "version": version, "digest": digest(model + version)}],
        "trigger": "pipeline" if identity["requester"] == DEPLOYER else "user", **execution,
    }, stated(kind="project", id=project, role="deployer", binding=binding, requested_scopes=list(scopes),
              classification=data, purpose=purpose, residency="eu", hints={"environment": "production"}), asks,
        external=external)


def undeploy(number, when, requester, tenant, model, project):
    return Envelope(f"undeploy-{number:04}", when, who(requester, tenant), {
        "kind": "model_undeployment", "operation": "POST /serving/undeploy_model", "action": "delete",
        "targets": [{"type": "deployment", "id": model}]},
        {"kind": "project", "id": project, "role": "deployer", "binding": "bound"}, {})


def serving(nodes, name):
    return on("kubernetes", nodes, {"kubernetes.namespace": "serving", "kubernetes.deployment": name},
              target=f"serving/{name}")


def agent_run(number, when, agent, user, tenant, task, chain):
    return Envelope(f"agent-{number:04}", when, who(agent, tenant, user, chain), {
        "kind": "agent_run", "operation": "POST /v1/agents/{agent}/runs", "action": "execute", "trigger": "user",
        "targets": [{"type": "agent", "id": agent["id"], "version": "5"}]},
        {"kind": "user", "id": user["id"], "binding": "bound", "requested_scopes": chain[-1]["scopes"],
         "purpose": task}, {"tokens.output": "8000", "tool.calls": "10"})


def permitted(envelope):
    """Agents get exactly the scopes that they ask for; decision and grant are one step."""
    return envelope.granted(0, decision=decide("allow", "agent-delegation"),
                            scopes=envelope.scope["requested_scopes"]).started(0)


def tool_call(run, index, agent, user, tenant, chain, name, scope):
    """The index-th call of a run, 20 seconds after the previous one. Its envelope is a child of the run's envelope."""
    sandbox = {"cpu": {"amount": "500m", "origin": "defaulted"}, "memory": "256Mi"} if name.startswith("shell") else {}
    return Envelope(f"tool-{run.name[6:]}-{index}", stamp(run.now + 20000 * index)[11:19],
                    who(agent, tenant, user, chain), {
        "kind": {"kb.search": "retrieval", "model.ask": "inference"}.get(name, "tool_call"),
        "operation": "POST /v1/tools/{tool}/invoke", "action": "execute", "trigger": "agent",
        "targets": [{"type": "tool", "id": name}]},
        {"kind": "user", "id": user["id"], "binding": "bound", "requested_scopes": [scope]}, sandbox, run)


# --- The check: lifecycle and mandatory families, as the ledger enforces them -----------------------------------------

MUST = {"requested": "identity execution scope requested", "deferred": "reason", "admitted": "decision",
        "denied": "decision", "rejected": "outcome", "granted": "granted", "suspended": "reason", "failed": "outcome",
        "cancelled": "decision", "revoked": "decision reason", "lost": "reason", "annotated": "note"}
MAY = {"requested": "correlation", "deferred": "decision", "granted": "routing decision", "started": "routing",
       "suspended": "decision", "completed": "outcome", "cancelled": "outcome", "expired": "outcome",
       "annotated": "outcome"}
ENDS = "failed cancelled expired lost "
MOVES = {None: "requested",
         "requested": ENDS + "deferred admitted denied rejected granted",
         "deferred": ENDS + "deferred admitted denied rejected granted revoked",
         "admitted": ENDS + "deferred admitted denied rejected granted revoked",
         "granted": ENDS + "deferred rejected granted started suspended completed revoked",
         "started": ENDS + "granted started suspended completed revoked",
         "suspended": ENDS + "deferred granted started revoked"}
QUANTITY = re.compile(r"[0-9]+(\.[0-9]{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?")


def check(day):
    """Raises AssertionError, naming the transition, for the first one that the ledger would refuse."""
    stages, allowed, barred, last = {}, set(), set(), ""
    for t in day:
        name, stage, decision = t["envelope_id"], t["stage"], t.get("decision", {})
        families = set(t) - {"envelope_id", "stage", "occurred_at"}
        must, may = set(MUST.get(stage, "").split()), set(MAY.get(stage, "").split())
        assert t["occurred_at"] >= last, ("not in order of time", t)
        assert must <= families <= must | may, ("families", must - families, families - must - may, t)
        if stage == "annotated":
            assert name in stages, ("annotated before requested", t)
        else:
            assert stage in MOVES.get(stages.get(name), "").split(), ("illegal move from", stages.get(name), t)
            stages[name] = stage
        if stage == "requested":
            hops, parent = t["identity"].get("delegation", []), t["execution"].get("parent_envelope_id")
            assert parent is None or parent in stages, ("unknown parent", t)
            assert t["scope"]["binding"] != "bound" or t["scope"].get("id"), ("bound to nothing", t)
            if "failed" in [t["scope"]["binding"]] + [hop.get("binding") for hop in hops]:
                barred.add(name)
        if decision.get("effect") in ("allow", "narrow") and stage in ("admitted", "granted"):
            allowed.add(name)
        if stage in ("admitted", "granted"):
            assert name in allowed, (stage + " without an allow", t)
            assert name not in barred, (stage + " although a binding failed", t)
        if stage in ("cancelled", "revoked"):
            assert "decider" in decision, ("nobody decided", t)
        elif decision:
            assert "effect" in decision, ("a decision without effect", t)
        if stage == "denied":
            assert decision["effect"] == "deny" and decision.get("reasons"), ("denied without a reason", t)
        resources = (t.get("requested"), t.get("granted", {}).get("resources"), t.get("outcome", {}).get("usage"))
        for value in (value for kind in resources for value in (kind or {}).values()):
            amounts = [value] if isinstance(value, str) else [value[k] for k in ("amount", "min", "max") if k in value]
            assert amounts and all(QUANTITY.fullmatch(amount) for amount in amounts), ("quantity", value, t)
        last = t["occurred_at"]
    return stages
