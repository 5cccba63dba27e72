#!/usr/bin/env python3
"""One day of an AI platform, told as envelope transitions: python3 make_day.py > day.jsonl

The day is Tuesday 2026-03-17, in UTC. People, services and companies are invented; the output is the same bytes each
time. Stories are written by hand, in the order in which they begin; chats and embeddings, the bulk, come from loops.

The cast
  alice     engineer of tenant search       bob    on call for the platform     carol  researcher of tenant lab
  dana      owner of tenant support         erin   compliance, decides what people must decide
  alice     of https://partner.example.net, a guest of the lab: same name, other issuer, so another principal
  svc-deployer, svc-chat, svc-indexer, svc-evals   service accounts
  aria, fixer                               agents; they act for users, by delegation
  scheduler (system)                        queues, preempts, expires, drains nodes
  policy-point                              decides by policy; pdp-serving, pdp-agents, pdp-data are its doors

The plot
  06:02  The models of the day go up. support-bot gets its 4 GPUs (deploy-0002); its small sister asks for one and is
         given an explicit 0, so it runs on CPUs (deploy-0003).
  07:40  carol trains a vision model on 16 GPUs (train-0001). At 11:30 a node is drained (maint-0001): suspended, then
         8 GPUs, then 16 again: three grants in one envelope. In the evening a note corrects its usage.
  08:05  alice tries ranker-v8 as a dry run (deploy-0005), then asks for 8 GPUs and gets 4 (deploy-0006). The other
         alice may neither deploy it (deploy-0007) nor take it down (undeploy-0001).
  09:12  carol wants 32 GPUs. Policy allows it, 27 can be reserved, nothing comes free: rejected (deploy-0009).
  10:12  alice's canary hurts; bob, not alice, cancels it (deploy-0011). fixer looks into it for bob (agent-0002). The
         next canary runs out of memory (deploy-0012). aria, helping alice, calls fixer: two hops (tool-0003-2).
  11:15  A pipeline still deploys into a deleted project: the scope cannot be bound, denied (deploy-0013).
  11:40  claims-reader touches restricted data, so it waits until erin approves (deploy-0014).
  13:00  The lease of carol's demo runs out (deploy-0008).
  14:22  support-bot quotes personal data. erin revokes its grant mid-run (deploy-0002); a chat in flight fails
         (chat-0034), later ones go to the small sister and are slow. dana asks for a fixed version; nobody decides.
  15:47  Node gpu-n07 goes silent: lost (deploy-0018). Found at 17:20: a late outcome is annotated.
  17:45  aria drafts answers for dana; dana withdraws the delegation mid-run (agent-0008).
  23:59  The day ends with some work still running.

Planted for `envledger findings` (what an auditor should stumble over; the day itself holds no other)
  deploy-0015  widened: asked for 2 GPUs, was given 4             deploy-0016  narrowed, and nobody says why
  deploy-0017  bob allows his own request                         deploy-0019  a granted scope that nobody asked for
  deploy-0020  open past its deadline                             deploy-0021  started after its lease had ended
  tool-0004-2  a delegation hop wider than its parent             tool-0005-2  a delegation hop outlives its parent
"""
import json
import sys

sys.dont_write_bytecode = True  # a script in a source tree leaves nothing behind
from telling import (  # noqa: E402
    ALICE, ARIA, BOB, CAROL, CHAT, DANA, DEPLOYER, ERIN, EVALS, FIXER, INDEXER, OTHER_ALICE, SCHEDULER, VISITOR,
    Dice, Envelope, agent_run, check, clock, decide, deploy, hop, on, permitted, serving, stamp, stated, tool_call,
    undeploy, who)

# --- Deployments: an envelope stays open as long as the model holds what it was given ---------------------------------


def deployments():
    per_replica = {"amount": "1", "per": "unit", "unit_of": "replicas"}

    (deploy(1, "06:02", who(DEPLOYER, "search"), "embedder-small", "vectors",
            {"replicas": "2", "gpu": per_replica, "memory": "32Gi"}, external={"change": "CHG-2038"})
     .admitted(1).granted(2, route=serving({"gpu-n01": "01"}, "embedder-small")).started(48))

    (deploy(2, "06:10", who(DEPLOYER, "support", subject=DANA), "support-bot", "support-bot",
            {"gpu": "4", "cpu": "16", "memory": "128Gi", "replicas": "2"}, version="12", data="confidential",
            purpose="Kundenanfragen beantworten: Rückgaben, Größen, Lieferung", external={"change": "CHG-2039"})
     .admitted(2).granted(2, route=serving({"gpu-n01": "2345"}, "support-bot"), charge=DANA).started(71)
     .revoked("14:22:10", ERIN, "restricted-data",
              "answers quote personal data of other customers; incident INC-0088"))

    (deploy(3, "06:31", who(DEPLOYER, "support", subject=DANA), "support-bot-small", "support-bot",
            {"gpu": "1", "cpu": "12", "memory": "48Gi"}, version="12")
     .admitted(1, decide("narrow", "gpu-quota", "project support-bot already holds all 4 GPUs of its quota"))
     .granted(2, {"gpu": "0", "cpu": "12", "memory": "48Gi"}, serving({"cpu-n02": ""}, "support-bot-small"),
              reason="GPU quota used up; the model has a CPU profile").started(30))

    (deploy(4, "07:20", who(CAROL, "lab"), "batch-captioner", "captions",
            {"gpu": "2", "cpu": {"amount": "500m", "origin": "defaulted"}, "memory": "40Gi"}, priority="low")
     .admitted(1).granted(2, route=serving({"gpu-n01": "67"}, "batch-captioner"), charge=CAROL).started(40)
     .suspended("11:45", "low priority yields to the chats of noon",
                decide("defer", "capacity", "preempted by priority", by=SCHEDULER, phase="ongoing"))
     .started("13:12").completed("17:05:20", "undeployed", {"gpu.seconds": "59700"}))

    (deploy(5, "08:05", who(ALICE, "search"), "ranker-v8", "ranking", {"gpu": "8", "memory": "512Gi"}, dry_run=True)
     .granted(1, {"gpu": "4", "memory": "256Gi"}, reason="would be narrowed to the GPU quota",
              decision=decide("narrow", "gpu-quota", "project ranking may hold 4 GPUs")).completed(0, "planned"))

    (deploy(6, "08:14", who(ALICE, "search"), "ranker-v8", "ranking",
            {"gpu": "8", "cpu": "32", "memory": "512Gi", "replicas": "4"}, purpose="Suche für Geschäftskunden",
            external={"change": "CHG-2041"})
     .admitted(2, decide("narrow", "gpu-quota", "project ranking may hold 4 GPUs", "memory follows, 64Gi per GPU"))
     .granted(3, {"gpu": "4", "cpu": "32", "memory": "256Gi", "replicas": "4"},
              serving({"gpu-n02": "01", "gpu-n03": "01"}, "ranker-v8"), charge=ALICE,
              reason="narrowed to the GPU quota")
     .started(95).completed("19:40:12", "undeployed", {"gpu.seconds": "164280"}))

    (deploy(7, "08:40", who(OTHER_ALICE, "lab"), "ranker-v8", "ranking", {"gpu": "2"})
     .denied(1, "serving-access", "alice of https://partner.example.net is no member of project ranking",
             "guests may evaluate, not deploy"))

    (deploy(8, "09:00", who(CAROL, "lab"), "demo-captioner", "captions", {"gpu": "1", "memory": "24Gi"}, version="3",
            purpose="demo for a visit")
     .admitted(1).granted(2, route=serving({"gpu-n02": "2"}, "demo-captioner"), lease="13:00", charge=CAROL)
     .started(25)
     .ended("13:00", "expired", "lease_ended", "the lease of four hours ran out", {"gpu.seconds": "14372"}))

    (deploy(9, "09:12", who(CAROL, "lab"), "vision-xl", "vision",
            {"gpu": {"amount": "32", "selector": "memory >= 80Gi"}, "memory": "2Ti"})
     .admitted(2)
     .deferred(5, "27 of 32 GPUs reserved on 4 nodes; waiting for 5",
               decide("defer", "capacity", "not enough free GPUs", by=SCHEDULER))
     .ended("09:28", "rejected", "insufficient_capacity", "no GPU came free in 15 minutes; reservation released"))

    bounded = deploy(10, "09:30", who(DEPLOYER, "lab"), "caption-search", "captions",
                     {"replicas": {"min": "1", "max": "4"}, "gpu": per_replica, "cpu": "2"}).admitted(1)
    for when, replicas, why in ((2, "1", None), ("11:58", "4", "autoscaler: 60 requests wait"),
                                ("15:30", "2", "autoscaler: calm again")):
        bounded.granted(when, {"replicas": replicas, "gpu": per_replica, "cpu": "2"},
                        serving({"gpu-n03": "2345"[:int(replicas)]}, "caption-search"), reason=why).started(20)

    (deploy(11, "10:12", who(ALICE, "search"), "ranker-v8-canary", "ranking-canary", {"gpu": "2", "memory": "128Gi"})
     .admitted(1).granted(2, route=serving({"gpu-n02": "34"}, "ranker-v8-canary"), charge=ALICE).started(60)
     .cancelled("10:33:09", BOB, "search latency tripled since the canary; on-call stops it, incident INC-0087"))

    (deploy(12, "10:50", who(DEPLOYER, "search", subject=ALICE), "ranker-v8-canary", "ranking-canary",
            {"gpu": "1", "memory": "24Gi"}, version="8.1")
     .admitted(1).granted(2, route=serving({"gpu-n02": "3"}, "ranker-v8-canary")).started(44)
     .ended(210, "failed", "OOMKilled", "memory limit of 24Gi exceeded while loading weights", {"gpu.seconds": "210"}))

    (deploy(13, "11:15", who(DEPLOYER, "lab"), "sketch-to-map", "summer-prototype", {"gpu": "1"}, version="1",
            binding="failed")
     .denied(1, "serving-access", "project summer-prototype cannot be resolved: deleted 2026-02-27"))

    (deploy(14, "11:40", who(DANA, "support"), "claims-reader", "claims", {"gpu": "2", "memory": "64Gi"}, version="4",
            data="restricted", purpose="Schäden aus Fotos und Briefen lesen", external={"ticket": "REV-0311"})
     .deferred(1, "restricted data: a person must approve", decide("escalate", "restricted-data", "ask compliance"))
     .admitted("12:25", decide("allow", "restricted-data", "assessed in REV-0311", by=ERIN,
                               obligations=["log-every-answer", "no-training-on-inputs"]))
     .granted(3, route=serving({"gpu-n04": "01"}, "claims-reader"), lease="20:00", charge=DANA).started(52)
     .completed("18:10:10", "undeployed", {"gpu.seconds": "41310"}))

    (deploy(15, "12:10", who(DEPLOYER, "search"), "spell-fixer", "spelling", {"gpu": "2", "memory": "32Gi"},
            version="2")  # planted: widened
     .admitted(1).granted(2, {"gpu": "4", "memory": "32Gi"}, serving({"gpu-n04": "4567"}, "spell-fixer"),
                          reason="the pool of project spelling hands out GPUs in fours").started(31))

    (deploy(16, "12:40", who(CAROL, "lab"), "segmenter", "vision", {"gpu": "6", "replicas": "6"}, version="5")
     .admitted(1).granted(2, {"gpu": "3", "replicas": "3"}, serving({"gpu-n02": "567"}, "segmenter"), charge=CAROL)
     .started(37))  # planted: narrowed, and no word why

    (deploy(17, "13:05", who(BOB), "log-triage", "platform-tools", {"gpu": "1", "cpu": "4"}, version="1")
     .admitted(6, decide("allow", "serving-access", "needed for the incident", by=BOB))  # planted: his own decider
     .granted(2, route=serving({"gpu-n04": "2"}, "log-triage"), charge=BOB).started(20))

    (deploy(18, "13:10", who(DEPLOYER, "search"), "spell-fixer-eu", "spelling", {"gpu": "1", "memory": "16Gi"},
            version="2")
     .admitted(1).granted(2, route=serving({"gpu-n07": "0"}, "spell-fixer-eu")).started(29)
     .lost("15:47", "node gpu-n07 has not answered for 5 minutes")
     .annotated("17:20", "gpu-n07 is back; its log shows that the replica stopped at 15:41", {
         "code": "power_loss", "ended_at": stamp(clock("15:41:07")), "usage": {"gpu.seconds": "9035"}}))

    (deploy(19, "13:30", who(DEPLOYER, "support"), "faq-index", "support-bot",
            {"gpu": "0", "cpu": "4", "memory": "8Gi"}, version="2")  # 0 asked, 0 granted: CPU only, and as requested
     .admitted(1).granted(2, route=serving({"cpu-n02": ""}, "faq-index"),
                          scopes=["serving.invoke", "weights.export"]).started(12))  # planted: nobody asked for export

    (deploy(20, "14:40", who(DANA, "support"), "support-bot", "support-bot",
            {"gpu": "4", "cpu": "16", "memory": "128Gi"}, version="13", data="restricted", priority="high",
            deadline=stamp(clock("18:00")), purpose="Fehler vom Nachmittag beheben", external={"ticket": "INC-0088"})
     .deferred(2, "a person must approve after INC-0088",
               decide("escalate", "restricted-data", "ask compliance")))  # planted: nobody ever decides

    (deploy(21, "15:00", who(CAROL, "lab"), "night-captioner", "captions", {"gpu": "2"}, version="3")
     .admitted(1).granted(2, route=serving({"gpu-n03": "67"}, "night-captioner"), lease="16:00", charge=CAROL)
     .started("16:07")  # planted: the lease ended seven minutes ago
     .ended(130, "expired", "lease_ended", "the image pull took an hour; noticed after the start"))

    (deploy(22, "17:30", who(ALICE, "search"), "ranker-v9-draft", "ranking-canary", {"gpu": "1"}, version="9")
     .admitted(1).cancelled(40, ALICE, "wrong version"))

    (deploy(23, "20:20", who(DEPLOYER, "search"), "ranker-v8-night", "ranking", {"gpu": "2", "memory": "128Gi"})
     .admitted(1).granted(2, route=serving({"gpu-n02": "34"}, "ranker-v8-night")).started(66))

    (deploy(24, "22:30", who(DEPLOYER, "lab"), "nightly-judge", "vision", {"gpu": "8"}, version="2")
     .admitted(1).deferred(4, "no 8 GPUs on one node", decide("defer", "capacity", "position 2", by=SCHEDULER)))

    (undeploy(1, "08:52", OTHER_ALICE, "lab", "ranker-v8", "ranking")
     .denied(1, "serving-access", "its owner is alice of https://id.example.com, another principal"))
    for number, when, person, tenant, model, project in (
            (2, "10:32:50", BOB, "search", "ranker-v8-canary", "ranking-canary"),
            (3, "14:21:55", ERIN, "support", "support-bot", "support-bot"),
            (4, "17:05", CAROL, "lab", "batch-captioner", "captions"),
            (5, "18:10", DANA, "support", "claims-reader", "claims"),
            (6, "19:40", ALICE, "search", "ranker-v8", "ranking")):
        undeploy(number, when, person, tenant, model, project).admitted(1).granted(1, {}).completed(9)
    (undeploy(7, "23:10", SCHEDULER, "lab", "night-captioner", "captions")
     .admitted(1).ended(1, "rejected", "not_found", "already gone since 16:09"))


# --- Training, evaluation, data, maintenance --------------------------------------------------------------------------


def laboratory():
    def job(name, when, identity, kind, operation, target, project, asks, parent=None, scope=None, **execution):
        return Envelope(name, when, identity, {"kind": kind, "operation": operation, "action": "execute",
                                               "targets": [target], **execution},
                        {"kind": "project", "id": project, "binding": "bound", **(scope or {})}, asks, parent)

    slurm = {"slurm.job_id": "48213"}
    training = job("train-0001", "07:40", who(CAROL, "lab"), "training", "POST /v1/training/jobs",
                   {"type": "model", "id": "vision-base", "version": "2"}, "vision", {
                       "gpu": {"amount": "16", "selector": "memory >= 40Gi"}, "cpu": "64", "memory": "1Ti"})
    (training.admitted(2).deferred(1, "in the queue: position 1").granted(
        480, route=on("slurm", {"gpu-n05": "01234567", "gpu-n06": "01234567"}, slurm), charge=CAROL).started(12)
     .suspended("11:30", "gpu-n06 is drained for a firmware update", decide(
         "defer", "capacity", "drain of gpu-n06", by=SCHEDULER, phase="ongoing"))
     .granted("11:36", {"gpu": "8", "cpu": "32", "memory": "512Gi"}, on("slurm", {"gpu-n05": "01234567"}, slurm),
              decide("narrow", "capacity", "gpu-n06 is drained", by=SCHEDULER, phase="ongoing"), charge=CAROL,
              reason="goes on with half until gpu-n06 is back").started(20)
     .granted("14:38", route=on("slurm", {"gpu-n05": "01234567", "gpu-n06": "01234567"}, slurm), charge=CAROL,
              reason="gpu-n06 is back").started(25)
     .completed("21:15", "ok", {"gpu.seconds": "768000"}, True)
     .annotated("21:50", "correction: the hours on 8 GPUs had been counted as 16", {
         "code": "ok", "usage": {"gpu.seconds": "680800"}}))
    (job("train-0002", "13:50", who(ALICE, "search"), "training", "POST /v1/training/jobs",
         {"type": "model", "id": "spell-fixer", "version": "3"}, "spelling", {"gpu": "2", "memory": "64Gi"})
     .admitted(2).granted(60, route=on("slurm", {"gpu-n07": "12"}, {"slurm.job_id": "48240"}), charge=ALICE)
     .started(9).ended(4100, "failed", "loss_diverged", "the loss is not a number since step 1800",
                       {"gpu.seconds": "8200"}))
    (job("maint-0001", "11:25", who(SCHEDULER), "maintenance", "POST /v1/nodes/{node}/drain",
         {"type": "node", "id": "gpu-n06"}, "platform-tools", {}, trigger="schedule")
     .admitted(1, decide("allow", "capacity", "window of 2026-03-17 agreed")).granted(1, {}).started(300)
     .completed("14:36"))

    def evaluation(number, when, identity, model, data, project="vision", gpu="1", parent=None):
        return job(f"eval-{number:04}", when, identity, "evaluation", "POST /v1/evaluations",
                   {"type": "model", "id": model}, project, {"gpu": gpu, "samples": "2000"}, parent,
                   {"purpose": "measure on " + data})

    def runs(envelope, usage="2000"):
        return envelope.admitted(1).granted(3, route=on("slurm", {"gpu-n04": "3"})).started(15).completed(
            envelope.dice.roll(600, 1500), "ok", {"samples": usage}, True)

    runs(evaluation(1, "07:05", who(EVALS, "search"), "ranker-v8", "queries-2026-02", "ranking"))
    runs(evaluation(2, "08:20", who(OTHER_ALICE, "lab"), "batch-captioner", "harbour-photos", "captions"))
    (evaluation(3, "10:20", who(EVALS, "search"), "ranker-v8-canary", "queries-2026-02", "ranking-canary")
     .admitted(1).granted(2).started(10)
     .ended(780, "failed", "target_gone", "the canary was stopped", {"samples": "411"}))
    runs(evaluation(4, "11:50", who(CAROL, "lab"), "vision-base", "street-signs"))
    runs(evaluation(5, "15:05", who(EVALS, "support", subject=ERIN), "support-bot", "leak-probes", "support-bot"))
    (evaluation(6, "16:20", who(OTHER_ALICE, "lab"), "segmenter", "harbour-photos", gpu="2")
     .admitted(1, decide("narrow", "gpu-quota", "guests may hold 1 GPU"))
     .granted(2, {"gpu": "1", "samples": "2000"}, reason="guest quota").started(14)
     .completed(2900, "ok", {"samples": "2000"}, True))
    (evaluation(7, "18:30", who(EVALS, "lab"), "segmenter", "street-signs")
     .admitted(1).granted(3).started(12).cancelled(1400, CAROL, "the data set had a bad label file"))
    runs(evaluation(8, "21:20", who(EVALS, "lab", subject=CAROL), "vision-base", "street-signs", parent=training))

    def move(number, when, identity, data, to, size):
        return Envelope(f"move-{number:04}", when, identity, {
            "kind": "data_movement", "operation": "POST /v1/datasets/{id}/copies", "action": "create",
            "targets": [{"type": "dataset", "id": data}, {"type": "region", "id": to}]},
            {"kind": "dataset", "id": data, "binding": "bound", "classification": "confidential", "residency": "eu",
             "hints": {"from": "eu-central", "to": to}}, {"bytes": size})

    stays = decide("allow", "data-residency", "source and target are in the EU")
    (move(1, "05:40", who(INDEXER, "search"), "product-texts", "eu-west", "120Gi").admitted(1, stays).granted(1)
     .started(2).completed(1260, usage={"bytes": "118Gi"}, result=True))
    (move(2, "09:45", who(CAROL, "lab"), "customer-dialogues", "us-east", "40Gi")
     .denied(1, "data-residency", "customer-dialogues must stay in the EU", "us-east is outside"))
    (move(3, "12:05", who(CAROL, "lab"), "harbour-photos", "eu-partner", "40Gi")
     .admitted(2, decide("narrow", "data-residency", "consent covers a quarter of the photos",
                         obligations=["blur-faces"]))
     .granted(2, {"bytes": "10Gi"}, reason="only photos with consent").started(3)
     .completed(640, usage={"bytes": "9.5Gi"}))
    (move(4, "16:10", who(INDEXER, "support"), "faq-texts", "eu-west", "6Gi").admitted(1, stays).granted(1)
     .started(2).ended(95, "failed", "checksum_mismatch", "part 7 of 12 differs"))
    (move(5, "16:15", who(INDEXER, "support"), "faq-texts", "eu-west", "6Gi").admitted(1, stays).granted(1)
     .started(2).completed(180, usage={"bytes": "6Gi"}, result=True))
    move(6, "23:20", who(INDEXER, "search"), "click-log", "eu-west", "900Gi").admitted(1, stays).granted(1).started(2)


# --- Agents: a run for a user, its tool calls as child envelopes ------------------------------------------------------


def tool_calls(run, agent, user, tenant, chain, *calls, first=1):
    """Each call is (tool, scope it needs); the last hop of the chain must cover the scope."""
    for index, (name, scope) in enumerate(calls, first):
        call = tool_call(run, index, agent, user, tenant, chain, name, scope)
        if scope in chain[-1]["scopes"]:
            permitted(call).completed(call.dice.roll(1, 12), result=True)
        else:
            call.denied(0, "agent-delegation", f"the delegation does not cover {scope}")
    return run


def agents():
    tickets, ask = ("tickets.read", "tickets.read"), ("model.ask", "model.invoke")
    search, logs, metrics = ("kb.search", "kb.search"), ("logs.read", "logs.read"), ("metrics.read", "metrics.read")

    def run(number, when, agent, user, tenant, task, chain, *calls):
        return tool_calls(permitted(agent_run(number, when, agent, user, tenant, task, chain)),
                          agent, user, tenant, chain, *calls)

    def spent(tokens, calls):
        return {"tokens.output": str(tokens), "tool.calls": str(calls)}

    def by_dana(number, issued, expires):
        return [hop(number, ARIA, ["kb.search", "model.invoke", "tickets.read", "tickets.write"], issued, expires)]

    def by_bob(number, issued, expires):
        return [hop(number, FIXER, ["logs.read", "metrics.read", "shell.run"], issued, expires)]

    (run(1, "09:20", ARIA, DANA, "support", "Übersicht der offenen Beschwerden", by_dana(1, "09:00", "12:00"),
         tickets, search, ask, ("tickets.tag", "tickets.write")).completed(130, usage=spent(2210, 4)))
    (run(2, "10:36", FIXER, BOB, None, "why did search latency triple (INC-0087)", by_bob(2, "10:35", "11:35"),
         metrics, logs, ("shell.profile", "shell.run")).completed(190, usage=spent(3020, 3)))

    # Two hops: alice trusts aria with three scopes; aria passes two of them on to fixer, for a shorter time.
    outer = hop(3, ARIA, ["kb.search", "logs.read", "model.invoke"], "11:00", "13:00")
    inner = hop(4, FIXER, ["logs.read", "model.invoke"], "11:05", "12:00", after=3)
    aria = run(3, "11:05", ARIA, ALICE, "search", "explain the failed canary", [outer], search)
    tool_calls(aria, FIXER, ALICE, "search", [outer, inner], logs, ask, ("weights.read", "weights.read"), first=2)
    aria.completed(140, usage=spent(1800, 4))

    # The inner hop contains repo.write, which carol never gave to aria; the second call makes use of it.
    outer = hop(5, ARIA, ["kb.search", "repo.read"], "13:30", "15:00")
    wider = hop(6, FIXER, ["repo.read", "repo.write"], "13:40", "14:30", after=5, binding="asserted")
    aria = run(4, "13:40", ARIA, CAROL, "lab", "tidy up the captions code", [outer], search)
    tool_calls(aria, FIXER, CAROL, "lab", [outer, wider], ("repo.push", "repo.write"), first=2)
    aria.completed(200, usage=spent(2950, 2))

    # The inner hop is valid until midnight, the one it came from only until 16:00.
    outer = hop(7, ARIA, ["logs.read", "metrics.read"], "15:00", "16:00")
    longer = hop(8, FIXER, ["logs.read"], "15:10", "23:59", after=7)
    aria = run(5, "15:10", ARIA, BOB, None, "slow answers since 14:22", [outer], metrics)
    tool_calls(aria, FIXER, BOB, None, [outer, longer], logs, first=2)
    aria.completed(110, usage=spent(1400, 2))

    (run(6, "15:55", ARIA, DANA, "support", "answer three refund requests", by_dana(9, "15:30", "17:00"),
         tickets, search, ("payments.refund", "payments.refund"))
     .ended(150, "failed", "tool_denied", "no permission to refund", spent(900, 3)))
    agent_run(7, "16:30", FIXER, ERIN, None, "export the compliance archive", [
        hop(10, FIXER, ["archive.read"], "16:29", "17:29", binding="failed")]).denied(
        0, "agent-delegation", "no delegation dlg-0010 by erin is known")

    chain = by_dana(11, "17:30", "19:30")
    aria = run(8, "17:45", ARIA, DANA, "support", "Entwürfe für Antworten", chain, tickets, ask)
    writing = permitted(tool_call(aria, 3, ARIA, DANA, "support", chain, "tickets.reply", "tickets.write"))
    aria.revoked("17:46:08", DANA, "agent-delegation", "the drafts promise refunds that we do not give")
    writing.cancelled("17:46:09", DANA, "its run was revoked")

    chain = by_bob(12, "21:30", "23:30")
    fixer = run(9, "21:30", FIXER, BOB, None, "firmware of gpu-n07 after the power loss", chain, metrics, logs)
    tool_call(fixer, 3, FIXER, BOB, None, chain, "shell.flash", "shell.run").deferred(
        0, "writing firmware needs a person", decide("escalate", "agent-delegation", "irreversible"))
    fixer.suspended(70, "waits for tool-0009-3 to be approved")


# --- The bulk: chats and embeddings -----------------------------------------------------------------------------------

ODD_CHATS = {8: "capped", 16: "limited", 24: "hung up", 34: "backend gone", 41: "capped", 47: "timed out", 54: "lost",
             62: "capped", 76: "still running"}
CALLERS = ((CHAT, "support"), (ALICE, "search"), (CHAT, "support"), (CAROL, "lab"), (OTHER_ALICE, "lab"),
           (CHAT, "support"), (BOB, None), (DANA, "support"), (ERIN, None))


def chats():
    for number in range(1, 77):
        odd, (caller, tenant), name = ODD_CHATS.get(number), CALLERS[number % len(CALLERS)], f"chat-{number:04}"
        dice = Dice(name + " size")
        start = clock("06:40") + number * 805_000 + dice.roll(0, 400) * 1000
        if odd == "backend gone":
            caller, tenant, start = CHAT, "support", clock("14:22:04")
        visitor = caller == CHAT
        model = "assistant-m" if not visitor else "support-bot" if start < clock("14:22:10") else "support-bot-small"
        sent, limit = dice.roll(60, 1800), 8192 if odd == "capped" else dice.roll(2, 8) * 128
        chat = Envelope(name, stamp(start)[11:19], who(caller, tenant, VISITOR if visitor else None), stated(
            kind="inference", operation="POST /v1/chat/completions", action="execute",
            targets=[{"type": "model", "id": model}], trigger="user",
            deadline=stamp(start + 30_000) if odd == "timed out" else None),
            {"kind": "session", "binding": "unbound"} if visitor else
            {"kind": "user", "id": caller["id"], "binding": "bound", "requested_scopes": ["model.invoke"]},
            {"tokens.input": {"amount": str(sent), "origin": "estimated"}, "tokens.output": str(limit)},
            conversation=f"conv-{number:04}")
        if odd == "limited":
            chat.denied(0, "fair-use", "60 requests in the last minute", "try again in 20 seconds")
            continue
        route = on("gateway", {}, {"replica": f"{model}-{dice.roll(0, 1)}"})
        if odd == "capped":
            chat.admitted(0, decide("narrow", "fair-use", "answers are capped at 4096 tokens")).granted(
                0, {"tokens.input": str(sent), "tokens.output": "4096"}, route, reason="cap of 4096 tokens")
        elif visitor:
            chat.granted(0, route=route, decision=decide("allow", "serving-access"))
        else:
            chat.admitted(0).granted(0, route=route)
        chat.started(0)
        used = {"tokens.input": str(sent), "tokens.output": str(dice.roll(20, limit // 2))}
        slow = 4 if model == "support-bot-small" else 1  # on CPUs since 14:22
        if odd == "hung up":
            chat.cancelled(3, caller, "client closed the connection")
        elif odd == "backend gone":
            chat.ended("14:22:11", "failed", "backend_gone", "the model's grant was revoked")
        elif odd == "timed out":
            chat.ended(stamp(start + 30_000)[11:19], "expired", "deadline", "no answer within 30 seconds")
        elif odd == "lost":
            chat.lost(60, "the gateway restarted before the answer ended").annotated(
                900, "the replica's log has the answer", {"code": "ok", "usage": used})
        elif odd != "still running":
            chat.completed(slow * dice.roll(2, 9), usage=used)


def embeddings():
    for number in range(1, 45):
        name = f"embed-{number:04}"
        dice = Dice(name + " size")
        start = clock("05:45") + number * 1_440_000 + dice.roll(0, 900) * 1000
        caller, tenant = (ALICE, "search") if number % 7 == 0 else (INDEXER, "search" if number % 3 else "support")
        count = str(dice.roll(2_000, 64_000))
        batch = Envelope(name, stamp(start)[11:19], who(caller, tenant), {
            "kind": "embedding", "operation": "POST /v1/embeddings", "action": "execute",
            "targets": [{"type": "model", "id": "embedder-small", "version": "8"}]},
            {"kind": "project", "id": "vectors", "binding": "bound"}, {"tokens.input": count})
        if number == 29:
            batch.ended(0, "rejected", "invalid_input", "item 12 is longer than the model's context")
        else:
            batch.granted(0, route=on("gateway", {}, {"replica": f"embedder-small-{dice.roll(0, 1)}"}),
                          decision=decide("allow", "serving-access")).completed(
                dice.roll(1, 20), usage={"tokens.input": count})


def main():
    for tell in (deployments, laboratory, agents, chats, embeddings):
        tell()
    # Stable: transitions of one instant stay in the order in which they were told.
    day = sorted(Envelope.day, key=lambda transition: transition["occurred_at"])
    check(day)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")  # whatever the locale says
    for transition in day:
        print(json.dumps(transition, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
