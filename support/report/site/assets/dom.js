// How the pages are made: elements out of texts, and times and verdicts as a reader takes them.
"use strict";

const harken = {};

(() => {
  const svgSpace = "http://www.w3.org/2000/svg";

  // h makes an element. Attributes that are null, undefined or false are left out, functions are listeners ({onclick: f}).
  // Children are nodes, texts, or lists of them; a text is never taken for HTML.
  const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

  // s is h for SVG.
  const s = (tag, attributes, ...children) => fill(document.createElementNS(svgSpace, tag), attributes, children);

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (typeof value === "function") node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? "" : value);
    }
    add(node, children);
    return node;
  }

  function add(node, children) {
    for (const child of children) {
      if (Array.isArray(child)) add(node, child);
      else if (child instanceof Node) node.appendChild(child);
      else if (child !== null && child !== undefined && child !== false) node.appendChild(document.createTextNode(visible(String(child))));
    }
  }

  // visible shows by their names the letters that would turn round the order of others.
  const visible = (text) => text.replace(/[\u202a-\u202e\u2066-\u2069]/g, (letter) => `⟨U+${letter.charCodeAt(0).toString(16).toUpperCase()}⟩`);

  // trusted takes over HTML that markdown.go has made, the only HTML there is.
  function trusted(html, attributes) {
    if (!html) return null;
    const node = h("div", { class: "markdown", dir: "auto", ...attributes });
    node.innerHTML = html;
    return node;
  }

  // The states of scenarios, by their numbers in the data.
  const states = [
    { class: "passed", word: "passed", icon: "✓" },
    { class: "flaky", word: "flaky", icon: "~" },
    { class: "inconclusive", word: "inconclusive", icon: "?" },
    { class: "failed", word: "failed", icon: "✕" },
    { class: "unproved", word: "not yet proved", icon: "○" },
    { class: "unproved", word: "not yet proved", icon: "○", undefined: true },
  ];

  const badge = (state, word) =>
    h("span", { class: "badge " + states[state].class }, h("span", { class: "icon", "aria-hidden": "true" }, states[state].icon), word || states[state].word);

  // tallies says how many scenarios have which verdict.
  function tallies(scenarios) {
    const counts = new Map();
    for (const one of scenarios) counts.set(states[one.state].class, (counts.get(states[one.state].class) || 0) + 1);
    const shown = states.filter((state) => !state.undefined && counts.has(state.class));
    if (!shown.length) return h("span", { class: "tally" }, "no scenario");
    return h("span", { class: "tallies" }, shown.map((state) => [
      h("span", { class: "tally " + state.class }, h("span", { class: "icon", "aria-hidden": "true" }, state.icon), counts.get(state.class), " ", h("span", { class: "quiet" }, state.word)), " ",
    ]));
  }

  // span writes a length of time as Harken does on a terminal.
  function span(ms) {
    if (ms < 0) return "-" + span(-ms);
    if (ms === 0) return "0s";
    if (ms < 1) return Math.round(ms * 1000) + "µs";
    if (ms < 999.5) return Math.round(ms) + "ms";
    if (ms < 60000) return trimmed((ms / 1000).toFixed(2)) + "s";
    const seconds = Math.round(ms / 1000);
    const parts = [[Math.floor(seconds / 3600), "h"], [Math.floor(seconds / 60) % 60, "m"], [seconds % 60, "s"]];
    return parts.filter(([n]) => n > 0).map(([n, unit]) => n + unit).join("");
  }

  const trimmed = (number) => (number.includes(".") ? number.replace(/\.?0+$/, "") : number);

  // offset writes a time relative to another.
  const offset = (ms) => (ms < 0 ? "−" : "+") + (Math.abs(ms) < 9.95 && ms !== 0 ? Math.abs(ms).toFixed(1) + "ms" : (Math.abs(ms) / 1000).toFixed(2) + "s");

  const bytes = (n) => (n < 1024 ? n + " B" : n < 1 << 20 ? trimmed((n / 1024).toFixed(1)) + " kB" : trimmed((n / (1 << 20)).toFixed(1)) + " MB");

  const count = (n, noun) => n.toLocaleString() + " " + noun + (n === 1 ? "" : "s");

  // moment writes a point in time for the reader's place and language.
  function moment(iso) {
    const date = new Date(iso);
    return h("time", { datetime: iso, title: iso }, date.toLocaleString(undefined, { dateStyle: "long", timeStyle: "medium" }));
  }

  // isolated keeps a text's direction from turning what stands around it.
  const isolated = (text) => h("bdi", null, text);

  // copier is a button that copies a text, and says so.
  function copier(label, text) {
    const button = h("button", { type: "button", class: "copy", onclick: async () => {
      try {
        await navigator.clipboard.writeText(text());
        button.textContent = "Copied";
      } catch {
        button.textContent = "Copying is not allowed here";
      }
      setTimeout(() => { button.textContent = label; }, 2000);
    } }, label);
    return button;
  }

  // scroller lets what is wider than the page be scrolled, by keyboard too.
  const scroller = (label, ...children) => h("div", { class: "scroll", role: "group", "aria-label": label, tabindex: "0" }, children);

  // block shows text as it stands, with its spaces and lines.
  const block = (label, attributes, ...children) => h("pre", { role: "group", "aria-label": label, tabindex: "0", dir: "ltr", ...attributes }, children);

  // fitted keeps a picture as wide as the place that it is put into: draw makes it anew for a width. At first it is as wide as
  // the page, so that what stands below it does not move much.
  function fitted(draw) {
    const ruler = h("div"); // its height does not change with the picture's
    const main = document.getElementById("main");
    const style = getComputedStyle(main);
    let drawn = Math.floor(main.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight));
    let picture = draw(drawn);
    new ResizeObserver(() => {
      const width = Math.floor(ruler.clientWidth);
      if (width === drawn || width === 0) return;
      drawn = width;
      const next = draw(width);
      picture.replaceWith(next);
      picture = next;
    }).observe(ruler);
    return [ruler, picture];
  }

  // table makes one with headers; each row is a list of cells, or has them in cells and a class.
  const table = (label, columns, rows) =>
    scroller(label, h("table", null,
      h("thead", null, h("tr", null, columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", null, rows.map((row) => h("tr", { class: row.class }, (row.cells || row).map((cell) => h("td", { dir: "auto" }, cell)))))));

  Object.assign(harken, { h, s, trusted, states, badge, tallies, span, offset, bytes, count, moment, isolated, copier, scroller, block, fitted, table });
})();
