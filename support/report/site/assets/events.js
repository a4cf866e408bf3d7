// The events of an attempt: each opens to its headers and body, with what was asked of it marked.
"use strict";

(() => {
  const { h, s, offset, span, bytes, block, readJSON, names } = harken;
  const longString = 400;
  const longList = 50;
  const atFirst = 40; // events that are shown before all of them are asked for

  // asked returns what was asked of an event: {path, place, want, got, miss}.
  function asked(run, i) {
    const all = [];
    for (const wait of run.waits) {
      const near = (wait.nearest || []).find((one) => one.event === i);
      if (!near && !(wait.matched || []).includes(i) && !(wait.late || []).includes(i)) continue;
      for (const miss of near ? near.misses : []) all.push({ ...miss, miss: true });
      for (const one of wait.asked || []) {
        if (!near || !near.misses.some((miss) => miss.path === one.path)) all.push(one);
      }
    }
    return all;
  }

  const about = (marks, steps) => marks.filter((mark) => mark.place && names(mark.place, steps));

  // marked shows a value with what was asked of it.
  function marked(value, marks) {
    if (!marks.length) return value;
    const miss = marks.find((mark) => mark.miss);
    if (miss) miss.shown = true;
    const label = miss ? "✕ want " + miss.want : "✓ " + marks.map((mark) => mark.want).join(", ");
    return [h("mark", { class: miss ? "miss" : "hit" }, value), h("span", { class: miss ? "asked miss" : "asked hit" }, label)];
  }

  // pretty writes a value of readJSON's, a line a member.
  function pretty(value, marks, steps, indent) {
    if (value.kind === "scalar") return marked(scalar(value.raw), about(marks, steps));
    const object = value.kind === "object";
    const members = object ? value.entries : value.items.map((item, i) => [i, item]);
    const [open, close] = object ? "{}" : "[]";
    if (!members.length) return marked(open + close, about(marks, steps));
    const inner = indent + "  ";
    const line = ([name, member], i) => [inner, object && [h("span", { class: "name" }, JSON.stringify(name)), ": "], pretty(member, marks, [...steps, name], inner), i < members.length - 1 ? ",\n" : "\n"];
    const shown = members.slice(0, longList).map(line);
    const rest = members.length > longList && more(`… ${members.length - longList} more`, () => members.slice(longList).map((member, i) => line(member, i + longList)));
    const tail = about(marks, steps);
    return [open + "\n", shown, rest, indent + close, tail.length ? [" ", marked("", tail)] : null];
  }

  function scalar(raw) {
    const kind = raw[0] === '"' ? "string" : "value";
    if (raw.length <= longString) return h("span", { class: kind }, raw);
    return h("span", { class: kind }, raw.slice(0, longString), more(`… ${(raw.length - longString).toLocaleString()} more characters`, () => raw.slice(longString)));
  }

  // more is a button that puts what is left out in its own place.
  function more(label, rest) {
    const button = h("button", { type: "button", class: "more", onclick: () => {
      const all = h("span", null, rest());
      button.replaceWith(all);
    } }, label);
    return button;
  }

  function body(event, marks) {
    if (event.gone) return h("p", { class: "remark" }, "What was there under this key is not there any more.");
    if (!event.body) return h("p", { class: "remark" }, event.bytes ? "The body is not shown." : "The body is empty.");
    const remark = event.cut && h("p", { class: "remark" }, event.hex ? `The first 512 bytes of ${bytes(event.bytes)} are shown.` : `The body of ${bytes(event.bytes)} is cut here after its first ${bytes(event.body.length)}.`);
    if (event.hex) return [h("p", { class: "remark" }, "The body is no text. Its bytes as hexadecimal digits:"), block("Body", { class: "body" }, event.body.match(/.{1,32}/g).map((line) => line.match(/../g).join(" ") + "\n")), remark];
    const value = readJSON(event.body, event.cut);
    const whole = marks.filter((mark) => mark.place === "body" || mark.place === "size");
    const content = value ? pretty(value, marks, [], "") : event.body.length > 4000 ? [event.body.slice(0, 4000), more("… more", () => event.body.slice(4000))] : event.body;
    return [block("Body", { class: "body" }, content), whole.length > 0 && h("p", null, whole.map((mark) => [mark.place, " ", marked("", [mark])])), remark];
  }

  // unshown tells the misses of which there is nothing to mark: fields that are not there.
  function unshown(marks) {
    const missing = marks.filter((mark) => mark.miss && !mark.shown);
    return missing.length > 0 && h("ul", { class: "plain" }, missing.map((mark) => h("li", { class: "asked miss" }, `✕ ${mark.path}: want ${mark.want}, got ${mark.got}`)));
  }

  const fact = (name, value) => value !== undefined && value !== null && value !== "" && [h("dt", null, name), h("dd", { dir: "auto" }, value)];

  function facts(event, zero, marks) {
    const key = marks.filter((mark) => mark.place === "key");
    return h("dl", { class: "facts" },
      fact("channel", event.channel + (event.number ? " #" + event.number : "")),
      fact(event.kind === "produced" ? "sent" : "received", offset(event.at - zero)),
      event.accepted !== undefined && fact("accepted", `${offset(event.accepted - zero)}, after ${span(event.accepted - event.at)}`),
      event.stamp !== undefined && fact("appeared", `${offset(event.stamp - zero)} by the channel's clock`),
      fact("not accepted", event.error), fact("id", event.id), fact("key", event.key && marked(event.key, key)),
      fact("size", bytes(event.bytes)));
  }

  function headers(all, marks) {
    return harken.table("Headers", ["header", "value"], Object.entries(all).flatMap(([name, values]) => values.map((value) =>
      [name, h("span", null, marked(value, marks.filter((mark) => (mark.place || "").toLowerCase() === "header " + name.toLowerCase())))])));
  }

  // eventList shows all events of an attempt in their order, and returns {node, open}: open(i) opens one and goes there.
  function eventList(run, attempt) {
    const kind = harken.kinds(run);
    const zero = harken.origin(run);
    const order = run.events.map((_, i) => i).sort((a, b) => run.events[a].at - run.events[b].at || a - b);
    const entries = new Map();
    const list = h("div", { class: "events", "data-testid": "events" });
    const entryOf = (i) => {
      const event = run.events[i];
      const shape = harken.shapes[kind[i]];
      const entry = h("details", { class: "entry " + kind[i], id: `event-${attempt}-${i}`, "data-testid": "event" },
        h("summary", null,
          h("span", { class: "time" }, offset(event.at - zero)),
          s("svg", { width: 18, height: 18, viewBox: "-9 -9 18 18", "aria-hidden": "true" }, s("g", { class: "event " + kind[i] }, shape.draw())),
          h("span", { class: "what" }, h("strong", null, event.event || event.channel), event.event ? " on " + event.channel : "", event.number ? " #" + event.number : "", h("span", { class: "quiet" }, " " + shape.word)),
          h("bdi", { class: "brief" }, event.gone ? event.key : event.hex ? "no text" : event.body ? event.body.slice(0, 160).replace(/\s+/g, " ") : "")));
      entry.addEventListener("toggle", () => {
        if (!entry.open || !entry.isConnected) return;
        history.replaceState(null, "", `${location.hash.split("?")[0]}?event=${attempt}.${i}`);
        if (entry.childElementCount > 1) return;
        const marks = asked(run, i);
        entry.appendChild(h("div", { class: "content" }, facts(event, zero, marks), event.headers && headers(event.headers, marks), body(event, marks), unshown(marks)));
      });
      entries.set(i, entry);
      return entry;
    };
    const show = (some) => list.append(...some.map(entryOf));
    show(order.slice(0, atFirst));
    const rest = order.length > atFirst && h("button", { type: "button", onclick: () => { rest.remove(); show(order.slice(atFirst)); } }, `Show all ${order.length} events`);
    if (rest) list.append(rest);
    const open = (i) => {
      if (!entries.has(i) && rest) rest.click();
      const entry = entries.get(i);
      if (!entry) return false;
      const around = entry.parentElement.closest("details");
      if (around) around.open = true;
      entry.open = true;
      entry.scrollIntoView({ block: "center" });
      entry.firstElementChild.focus({ preventScroll: true });
      return true;
    };
    return { node: list, open };
  }

  Object.assign(harken, { eventList, pretty: (value) => pretty(value, [], [], ""), headerTable: (all) => headers(all, []) });
})();
