// The page of a scenario: what it says, what happened, and why it did not pass.
"use strict";

(() => {
  const { h, trusted, badge, span, offset, count, isolated, copier, sentence, argument, tags, states } = harken;
  const outcomes = { passed: 0, failed: 3, inconclusive: 2, undefined: 5, ambiguous: 3, pending: 5, skipped: 4 };

  async function scenarioPage(id, query) {
    const index = await harken.indexed();
    const one = index.byID.get(id);
    if (!one) return harken.missing("No scenario is called so any more. It may have got another name.");
    const timeline = await harken.timelineOf(one);
    const runs = timeline.runs || [];
    const opened = []; // for each attempt, what opens one of its events
    const shown = () => openNamed(query.get("event"), opened);
    return { shown, title: one.name || "Unnamed", page: "", node: h("div", { class: "page-scenario", "data-testid": "scenario" },
      trail(one, timeline),
      h("h1", { tabindex: "-1", dir: "auto" }, one.name || "Unnamed"),
      h("div", { class: "line" }, badge(one.state), tags(one.tags)),
      h("p", { class: "meta" }, h("code", null, one.feature.path + ":" + one.line), runs.length > 0 && [", ", harken.moment(runs[0].began), ", took ", span(one.ms)]),
      h("p", { class: "actions" }, copier("Copy link", () => location.href), " ", copier("Copy rerun command", () => rerun(one)), " ", h("code", { class: "rerun" }, rerun(one))),
      timeline.row && h("dl", { class: "facts" }, timeline.row.map(([name, value]) => [h("dt", null, isolated(name)), h("dd", { dir: "auto" }, value)])),
      trusted(timeline.html),
      timeline.why && h("div", { class: "verdictbox unproved", "data-testid": "unproved" }, h("p", { class: "why" }, h("strong", null, "Specification not yet proved. "), isolated(timeline.why))),
      attempts(runs, timeline, opened)) };
  }

  // openNamed opens the event that the address names: the number of its attempt and its own.
  function openNamed(name, opened) {
    const [attempt, event] = (name || "").split(".").map(Number);
    if (!opened[attempt] || Number.isNaN(event)) return false;
    return opened[attempt](event);
  }

  const rerun = (one) => `harken run ${/^[\w./-]+$/.test(one.feature.path) ? one.feature.path + ":" + one.line : `'${(one.feature.path + ":" + one.line).replace(/'/g, "'\\''")}'`}`;

  function trail(one, timeline) {
    return h("nav", { class: "trail", "aria-label": "Where this is" }, h("ol", null,
      one.subsystems.map((subsystem) => h("li", null, h("a", { href: "#/subsystem/" + encodeURIComponent(subsystem.slug) }, isolated(subsystem.name)))),
      h("li", null, h("a", { href: "#/feature/" + encodeURIComponent(one.feature.slug) + "?at=" + one.id }, isolated(one.feature.name))),
      timeline.rule && h("li", null, isolated(timeline.rule))));
  }

  function attempts(runs, timeline, opened) {
    if (runs.length === 0) return [h("h2", null, "Steps"), h("ol", { class: "timeline-steps" }, timeline.steps.map((step) => h("li", null, h("p", null, sentence(step)), argument(step))))];
    if (runs.length === 1) return attempt(runs[0], timeline, 2, 0, opened);
    const worst = runs.reduce((a, b, i) => (b.state > runs[a].state ? i : a), 0);
    return runs.map((run, i) => h("details", { class: "attempt", open: i === worst, "data-testid": "attempt" },
      h("summary", null, h("h2", null, `Attempt ${run.attempt || i + 1} `, badge(run.state))), attempt(run, timeline, 3, i, opened)));
  }

  function attempt(run, timeline, level, number, opened) {
    const title = (text) => h("h" + level, null, text);
    const events = harken.eventList(run, number);
    opened[number] = events.open;
    const zero = harken.origin(run);
    return [
      run.state !== 0 && !timeline.why && trouble(run, zero, title, events),
      (run.remarks || []).map((remark) => h("p", { class: (run.caveats || []).includes(remark) ? "remark caveat" : "remark", dir: "auto" }, (run.caveats || []).includes(remark) && run.state === 0 && h("strong", null, "Passed, but: "), remark)),
      title("Steps"), stepList(run, timeline, zero),
      (run.events.length > 0 || run.waits.length > 0) && [title("Timeline"), h("p", { class: "quiet" }, "Times count from the acceptance of the first act."), harken.timeline(run, events.open)],
      run.events.length > 0 && [title("Events"), events.node],
      run.unshown > 0 && h("p", { class: "remark" }, `and ${count(run.unshown, "event")} more, which are not kept here`),
      run.log && [title("Log of the system under test"), harken.table("Log of the system under test", ["time", "line"], run.log.map((line) => [h("span", { class: "moment" }, offset(line.at - zero)), h("code", null, line.text)]))],
    ];
  }

  // trouble says why an attempt did not pass.
  function trouble(run, zero, title, events) {
    const bad = run.waits.filter((wait) => wait.state !== 0);
    const uncorrelated = run.events.flatMap((event, i) => (event.kind === "uncorrelated" ? [i] : []));
    const link = (i, text) => h("button", { type: "button", class: "link", onclick: () => events.open(i) }, text);
    return h("section", { class: "verdictbox " + states[run.state].class, "data-testid": "trouble" },
      title(run.state === 2 ? "Why nothing can be said" : "What went wrong"),
      run.step && h("p", { dir: "auto" }, h("strong", null, run.step)),
      run.reason && harken.block("Reason", { class: "reason" }, run.reason),
      bad.map((wait) => [
        (wait.nearest || []).map((near) => [
          h("p", null, "Nearest miss: ", near.event >= 0 ? link(near.event, `#${near.number} on ${near.channel}`) : `#${near.number} on ${near.channel}`, near.event >= 0 && " at " + offset(run.events[near.event].at - zero)),
          harken.table("Nearest miss, field by field", ["field", "wanted", "got"], fields(wait, near)),
        ]),
        (wait.late || []).map((i) => h("p", null, "Too late: ", link(i, `#${run.events[i].number} on ${run.events[i].channel}`), ` would match, and came at ${offset(run.events[i].at - zero)}, `, h("strong", null, span(run.events[i].at - wait.deadline) + " after the deadline"), ".")),
        (wait.proofs || []).filter((proof) => proof.error).map((proof) => h("p", { dir: "auto" }, `The listener to ${proof.channel} was not caught up: ${proof.error}`)),
      ]),
      uncorrelated.length > 0 && h("p", null, `${count(uncorrelated.length, "capture")} beside it carried nothing that tells whose it was: `, uncorrelated.map((i, n) => [n > 0 && ", ", link(i, `#${run.events[i].number} on ${run.events[i].channel}`)])));
  }

  // fields lists what was asked of a near miss, what is wrong first.
  function fields(wait, near) {
    const wrong = near.misses.map((miss) => ({ class: "wrong", cells: [h("code", null, miss.path), h("code", null, miss.want), h("code", { class: "miss" }, "✕ ", miss.got)] }));
    const right = (wait.asked || []).filter((one) => !near.misses.some((miss) => miss.path === one.path)).map((one) => [h("code", null, one.path), h("code", null, one.want), "✓ as wanted"]);
    return [...wrong, ...right];
  }

  function stepList(run, timeline, zero) {
    return h("ol", { class: "timeline-steps", "data-testid": "steps" }, timeline.steps.map((step, i) => {
      const ran = run.steps[i];
      const outcome = ran ? ran.outcome : "skipped";
      return h("li", { class: "ran " + outcome },
        h("p", null, sentence(step), " ", h("span", { class: "outcome" }, badge(outcomes[outcome] ?? 4, outcome), ran && h("span", { class: "quiet" }, " " + span(ran.ms)))),
        argument(step),
        run.waits.filter((wait) => wait.step === i).map((wait) => h("p", { class: "waited" }, waited(wait, zero))));
    }));
  }

  // waited says in a line what came of an expectation.
  function waited(wait, zero) {
    const said = [`${states[wait.state].icon} ${wait.channel}`];
    if (wait.took !== undefined) said.push(`after ${span(wait.took)} of ${span(wait.window)}`);
    else said.push(`window ${span(wait.window)}`);
    if (wait.horizon > wait.deadline) said.push(`audited for ${span(wait.horizon - wait.deadline)} more`);
    for (const proof of wait.proofs || []) {
      if (proof.error) said.push(`${proof.channel} not caught up`);
      else if (proof.through !== undefined) said.push(`${wait.proofs.length > 1 ? proof.channel + " " : ""}caught up at ${offset(proof.through - zero)}`);
    }
    if (wait.bound) said.push(`if events come at most ${span(wait.bound)} after a canary`);
    if (wait.looked) said.push(`looked at at least every ${span(wait.looked)}`);
    return said.join(" · ");
  }

  Object.assign(harken, { scenarioPage });
})();
