// The timeline of an attempt, to scale: when each step ran, when events came, and what was waited for until when.
"use strict";

(() => {
  const { h, s, offset, states } = harken;
  const side = 14; // left and right of the scale
  const shapes = {
    produced: { word: "produced", draw: () => s("path", { d: "M-5 -6L6 0L-5 6z" }) },
    matched: { word: "captured, as expected", draw: () => s("circle", { r: 5.5 }) },
    counted: { word: "captured, and counted", draw: () => [s("circle", { r: 5.5 }), s("path", { class: "stroke", d: "M-3 0H3" })] },
    near: { word: "captured, nearly as expected", draw: () => [s("circle", { r: 6.5 }), s("path", { class: "stroke", d: "M-3 -3L3 3M3 -3L-3 3" })] },
    late: { word: "captured too late", draw: () => [s("path", { d: "M0 -8L8 0L0 8L-8 0z" }), s("path", { class: "stroke", d: "M0 -4V0L3 2" })] },
    captured: { word: "captured", draw: () => s("circle", { r: 5 }) },
    redelivery: { word: "delivered again", draw: () => [s("circle", { r: 5 }), s("circle", { r: 1.5 })] },
    gone: { word: "gone", draw: () => s("path", { class: "cross", d: "M-5 -5L5 5M5 -5L-5 5" }) },
    uncorrelated: { word: "nobody's", draw: () => s("rect", { x: -5, y: -5, width: 10, height: 10 }) },
    echo: { word: "echo of what was produced", draw: () => s("circle", { r: 2.5 }) },
  };

  // kinds returns what each event of an attempt is shown as.
  function kinds(run) {
    const fits = (passed) => new Set(run.waits.filter((wait) => (wait.state === 0) === passed).flatMap((wait) => wait.matched || []));
    const expected = fits(true);
    const counted = fits(false);
    const late = new Set(run.waits.flatMap((wait) => wait.late || []));
    const near = new Set(run.waits.flatMap((wait) => (wait.nearest || []).map((one) => one.event)));
    return run.events.map((event, i) => {
      if (event.kind !== "captured") return event.kind;
      if (event.gone) return "gone";
      if (expected.has(i)) return "matched";
      if (late.has(i)) return "late";
      if (counted.has(i)) return "counted";
      if (near.has(i)) return "near";
      return event.echo ? "echo" : event.redelivery ? "redelivery" : "captured";
    });
  }

  // origin is the time that all others are told from: when the first act was accepted, as in Harken's own reports.
  function origin(run) {
    if (run.waits.length) return Math.min(...run.waits.map((wait) => wait.accepted));
    const first = run.events.find((event) => event.kind === "produced");
    return first ? first.accepted || first.at : 0;
  }

  const channelsOf = (wait) => wait.channel.split(", ");

  function lanesOf(run) {
    const lanes = new Map();
    const lane = (title, name) => {
      if (!lanes.has(title)) lanes.set(title, { title, name, events: [], waits: [] });
      return lanes.get(title);
    };
    run.events.forEach((event, i) => { if (event.kind === "produced") lane("produced on " + event.channel, event.channel).events.push(i); });
    run.waits.forEach((wait) => channelsOf(wait).forEach((name) => lane(name, name).waits.push(wait)));
    run.events.forEach((event, i) => { if (event.kind !== "produced") lane(event.channel, event.channel).events.push(i); });
    return [...lanes.values()];
  }

  // timeline draws an attempt; open is called with the number of an event that the reader chooses.
  function timeline(run, open) {
    const kind = kinds(run);
    const zero = origin(run);
    return h("div", { class: "timeline", "data-testid": "timeline" }, harken.fitted((width) => drawing(run, kind, zero, width, open)), legend(run, new Set(kind)));
  }

  function legend(run, used) {
    const proofs = run.waits.flatMap((wait) => wait.proofs || []);
    const sample = (children) => s("svg", { width: 18, height: 18, viewBox: "-9 -9 18 18", "aria-hidden": "true" }, children);
    return h("ul", { class: "legend", "aria-label": "Legend" },
      Object.entries(shapes).filter(([name]) => used.has(name)).map(([name, shape]) => h("li", null, sample(s("g", { class: "event " + name }, shape.draw())), shape.word)),
      run.waits.length > 0 && [
        h("li", null, sample(s("rect", { class: "window", x: -8, y: -5, width: 16, height: 10 })), "window"),
        h("li", null, sample(s("path", { class: "deadline", d: "M0 -9V9" })), "deadline")],
      run.waits.some((wait) => wait.horizon > wait.deadline) && h("li", null, sample(s("rect", { class: "audit", x: -8, y: -5, width: 16, height: 10 })), "audit: one too many still counts"),
      proofs.some((proof) => proof.through !== undefined && !proof.error) && h("li", null, sample(s("path", { class: "proof", d: "M-5 0L-1 4L6 -5" })), "listener caught up"),
      proofs.some((proof) => proof.error) && h("li", null, sample(s("path", { class: "proof lacking", d: "M-4 -4L4 4M4 -4L-4 4" })), "listener not known to be caught up"));
  }

  function drawing(run, kind, zero, width, open) {
    const times = [0, run.ended, ...run.events.map((event) => event.at), ...run.steps.map((step) => step.at + step.ms),
      ...(run.links || []).flatMap((link) => [link.at, link.until]),
      ...run.waits.flatMap((wait) => [wait.begin, wait.deadline, wait.horizon, ...(wait.proofs || []).map((proof) => proof.through || 0)])];
    const from = Math.min(...times);
    const to = Math.max(...times, from + 1);
    const x = (t) => side + ((t - from) / (to - from)) * (width - 2 * side);
    const parts = [];
    let y = 24;
    y = stepsLane(parts, run, x, y, width);
    for (const name of new Set((run.links || []).map((link) => link.name))) y = linkLane(parts, run, name, x, y, width);
    const marks = [];
    for (const lane of lanesOf(run)) y = channelLane(parts, marks, lane, run, kind, x, y, width, zero);
    const picture = s("svg", { width, height: y + 4, viewBox: `0 0 ${width} ${y + 4}`, role: "group", "aria-label": "Timeline. Arrow keys go from event to event, Enter opens one." },
      s("g", { "aria-hidden": "true" }, axis(from, to, zero, x, y, width), parts), marks.map((mark) => mark.node));
    steer(marks, open);
    return picture;
  }

  // axis has a tick at round times, about every 70 pixels.
  function axis(from, to, zero, x, bottom, width) {
    const rough = ((to - from) * 70) / width;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
    const ticks = [];
    for (let n = Math.ceil((from - zero) / step); n * step + zero <= to; n++) {
      const at = x(n * step + zero);
      const text = n === 0 ? "0" : (n > 0 ? "+" : "−") + harken.span(Math.abs(n * step));
      ticks.push(s("path", { class: n === 0 ? "tick zero" : "tick", d: `M${at} 18V${bottom}` }));
      ticks.push(s("text", { class: "scale", x: at, y: 12, "text-anchor": at < 30 ? "start" : at > width - 30 ? "end" : "middle" }, text));
    }
    return ticks;
  }

  const fitting = (text, width) => { const most = Math.floor(width / 6.6); return text.length > most ? text.slice(0, Math.max(most - 1, 1)) + "…" : text; };

  function stepsLane(parts, run, x, y, width) {
    parts.push(s("text", { class: "lane", x: side, y: y + 12 }, "steps"));
    run.steps.forEach((step, i) => {
      const wide = Math.max(x(step.at + step.ms) - x(step.at), 2);
      parts.push(s("g", { class: "step " + step.outcome }, s("title", null, `step ${i + 1}: ${step.outcome} after ${harken.span(step.ms)}`),
        s("rect", { x: x(step.at), y: y + 18, width: wide, height: 14, rx: 2 }),
        wide > 16 && s("text", { x: x(step.at) + wide / 2, y: y + 29, "text-anchor": "middle" }, i + 1)));
    });
    parts.push(s("path", { class: "rule", d: `M0 ${y + 41}H${width}` }));
    return y + 46;
  }

  // linkLane shows when a link between the system and what it needs was cut or slow.
  function linkLane(parts, run, name, x, y, width) {
    parts.push(s("text", { class: "lane", x: side, y: y + 12 }, fitting("link " + name, width - 2 * side)));
    run.links.filter((link) => link.name === name).forEach((link) => {
      const wide = Math.max(x(link.until) - x(link.at), 2);
      parts.push(s("g", { class: "link", "data-testid": "link" }, s("title", null, `${name}: ${link.state} for ${harken.span(link.until - link.at)}`),
        s("rect", { x: x(link.at), y: y + 18, width: wide, height: 14, rx: 2 }),
        wide > link.state.length * 6.6 + 4 && s("text", { x: x(link.at) + wide / 2, y: y + 29, "text-anchor": "middle" }, link.state)));
    });
    parts.push(s("path", { class: "rule", d: `M0 ${y + 41}H${width}` }));
    return y + 46;
  }

  function channelLane(parts, marks, lane, run, kind, x, top, width, zero) {
    parts.push(s("text", { class: "lane", x: side, y: top + 12 }, fitting(lane.title, width - 2 * side)));
    const ends = []; // where the last mark of each row ends
    const rows = lane.events.map((i) => {
      const at = x(run.events[i].at);
      let row = ends.findIndex((end) => end + 16 <= at);
      if (row < 0) row = ends.length < 5 ? ends.push(0) - 1 : 4;
      ends[row] = at;
      return { i, at, row };
    });
    const eventsHeight = Math.max(ends.length, lane.events.length ? 1 : 0) * 17;
    const first = top + 20;
    let y = first + eventsHeight;
    for (const wait of lane.waits) y = waitBar(parts, wait, lane, x, y, width);
    for (const wait of lane.waits) {
      parts.unshift(s("rect", { class: "shade", x: x(wait.begin), y: first, width: Math.max(x(wait.deadline) - x(wait.begin), 1), height: y - first }));
      parts.push(s("path", { class: "deadline", d: `M${x(wait.deadline)} ${first}V${y}` }));
    }
    for (const { i, at, row } of rows) {
      const event = run.events[i];
      const node = s("g", { class: "event " + kind[i], transform: `translate(${at} ${first + 9 + row * 17})`, role: "button", "data-event": i, "data-testid": "mark",
        "aria-label": `${offset(event.at - zero)} ${event.event || event.channel} ${shapes[kind[i]].word}` },
      s("title", null, `${offset(event.at - zero)} ${event.event || event.channel}: ${shapes[kind[i]].word}`), s("circle", { class: "halo", r: 11 }), shapes[kind[i]].draw());
      marks.push({ node, i, at: event.at });
    }
    parts.push(s("path", { class: "rule", d: `M0 ${y + 7}H${width}` }));
    return y + 12;
  }

  // waitBar draws one expectation: its window from the acceptance of the act up to the deadline, before it the act itself, in
  // which what comes counts too, behind it the audit, and until when the listener was proved.
  function waitBar(parts, wait, lane, x, y, width) {
    const state = states[wait.state];
    const left = x(wait.begin);
    const start = x(wait.accepted);
    const label = fitting(`${state.icon} ${wait.want}`, width - 2 * side);
    const room = width - left - side;
    const at = label.length * 6.6 > room ? Math.max(side, width - side - label.length * 6.6) : left;
    parts.push(s("g", { class: "wait " + state.class },
      s("text", { x: at, y: y + 13 }, label),
      start - left > 1 && s("rect", { class: "act", x: left, y: y + 18, width: start - left, height: 9 }),
      s("rect", { class: "window", x: start, y: y + 18, width: Math.max(x(wait.deadline) - start, 2), height: 9, rx: 2 }),
      wait.horizon > wait.deadline && s("rect", { class: "audit", x: x(wait.deadline), y: y + 18, width: x(wait.horizon) - x(wait.deadline), height: 9 }),
      (wait.proofs || []).filter((proof) => proof.channel === lane.name && proof.through !== undefined).map((proof) =>
        s("path", { class: proof.error ? "proof lacking" : "proof", transform: `translate(${x(proof.through)} ${y + 22})`, d: proof.error ? "M-4 -4L4 4M4 -4L-4 4" : "M-5 0L-1 4L6 -5" }))));
    return y + 34;
  }

  // steer lets the marks be walked through with the arrow keys: only one of them is in the tab order.
  function steer(marks, open) {
    marks.sort((a, b) => a.at - b.at);
    marks.forEach((mark, n) => {
      mark.node.setAttribute("tabindex", n === 0 ? "0" : "-1");
      mark.node.addEventListener("click", () => open(mark.i));
      mark.node.addEventListener("keydown", (key) => {
        const to = { ArrowRight: n + 1, ArrowDown: n + 1, ArrowLeft: n - 1, ArrowUp: n - 1, Home: 0, End: marks.length - 1 }[key.key];
        if (key.key === "Enter" || key.key === " ") {
          key.preventDefault();
          open(mark.i);
        } else if (marks[to]) {
          key.preventDefault();
          mark.node.setAttribute("tabindex", "-1");
          marks[to].node.setAttribute("tabindex", "0");
          marks[to].node.focus();
        }
      });
    });
  }

  Object.assign(harken, { timeline, kinds, origin, shapes });
})();
