// The list of scenarios, with search and filters. What is chosen is in the address, so that it can be passed on.
"use strict";

(() => {
  const { h, badge, span, isolated, tags, states, count, kept } = harken;
  const atATime = 100;
  const verdicts = states.filter((state) => !state.undefined);

  const list = (query, name) => (query.get(name) || "").split(",").filter(Boolean);

  // chosen returns the scenarios that a query asks for: those in which each of its words is in the name, the place, a tag or
  // a step.
  function chosen(index, phrases, query) {
    const words = (query.get("q") || "").toLowerCase().split(/\s+/).filter(Boolean)
      .map((word) => ({ word, said: new Set(phrases.phrases.flatMap((phrase, n) => (phrase.toLowerCase().includes(word) ? [n] : []))) }));
    const wanted = new Set(list(query, "verdict"));
    const tag = query.get("tag");
    const subsystem = query.get("subsystem");
    return index.scenarios.filter((one, i) =>
      (!wanted.size || wanted.has(states[one.state].class) || (states[one.state].undefined && wanted.has("undefined"))) &&
      (!tag || one.tags.includes(tag)) &&
      (!subsystem || one.subsystems.some((of) => of.slug === subsystem)) &&
      words.every(({ word, said }) => one.text.includes(word) || phrases.of[i].some((n) => said.has(n))));
  }

  async function scenariosPage(_, query) {
    const [index, phrases] = await Promise.all([harken.indexed(), harken.load("phrases")]);
    const input = h("input", { type: "search", id: "q", value: query.get("q") || "", autocomplete: "off", "data-testid": "search" });
    const boxes = verdicts.map((state) => ({ state, box: h("input", { type: "checkbox", value: state.class, checked: list(query, "verdict").includes(state.class) }) }));
    const tag = select("tag", index.tags.slice().sort().map((name) => [name, name]), query.get("tag"), "any tag");
    const subsystem = select("subsystem", index.subsystems.map((one) => [one.slug, one.name]), query.get("subsystem"), "any subsystem");
    const total = h("p", { class: "total", role: "status", "data-testid": "total" });
    const results = h("ul", { class: "results", "data-testid": "results" });
    const more = h("button", { type: "button", hidden: true }, "Show more");
    let found = [];
    let shown = 0;

    function extend() {
      results.append(...found.slice(shown, shown + atATime).map(item));
      shown = Math.min(shown + atATime, found.length);
      more.hidden = shown === found.length;
      more.textContent = `Show more (${shown.toLocaleString()} of ${found.length.toLocaleString()})`;
    }
    function refresh() {
      found = chosen(index, phrases, query);
      shown = 0;
      results.replaceChildren();
      total.textContent = `${count(found.length, "scenario")} of ${index.scenarios.length.toLocaleString()}`;
      extend();
    }
    function change() {
      const now = { q: input.value.trim(), verdict: boxes.filter(({ box }) => box.checked).map(({ box }) => box.value).join(","), tag: tag.value, subsystem: subsystem.value };
      for (const [name, value] of Object.entries(now)) {
        if (value) query.set(name, value);
        else query.delete(name);
      }
      const text = query.toString();
      history.replaceState(null, "", "#/scenarios" + (text ? "?" + text : ""));
      refresh();
    }
    more.addEventListener("click", extend);
    for (const control of [input, tag, subsystem, ...boxes.map(({ box }) => box)]) control.addEventListener("input", change);
    refresh();
    return { title: "Scenarios", page: "scenarios", focus: query.get("q") === null ? null : input, node: h("div", { class: "page-scenarios", "data-testid": "scenarios" },
      h("h1", { tabindex: "-1" }, "Scenarios"),
      h("form", { class: "filters", role: "search", "aria-label": "Scenarios", onsubmit: (event) => event.preventDefault() },
        h("label", { for: "q" }, "Text"), input,
        h("fieldset", null, h("legend", null, "Verdict"), boxes.map(({ state, box }) => h("label", { class: "choice " + state.class }, box, " ", h("span", { class: "icon", "aria-hidden": "true" }, state.icon), state.word))),
        h("div", { class: "pair" }, h("label", null, "Tag ", tag), h("label", null, "Subsystem ", subsystem)),
        technicalTags(refresh)),
      total, results, more) };
  }

  const select = (name, options, value, any) => h("select", { name, "data-testid": name },
    h("option", { value: "" }, any), options.map(([key, text]) => h("option", { value: key, selected: key === value }, text)));

  function item(one) {
    return h("li", { class: states[one.state].class, "data-testid": "result" },
      badge(one.state), one.caveats > 0 && h("span", { class: "caveated", title: "It has passed, but shows less than it seems to", "data-testid": "caveated" }, "passed, but"), h("div", null, h("a", { href: "#/scenario/" + one.id }, isolated(one.name || "Unnamed")),
        h("span", { class: "where" }, isolated(one.feature.name), " · ", one.feature.path + ":" + one.line, one.ms > 0 && " · " + span(one.ms)), tags(one.tags)));
  }

  // technicalTags lets the reader hide tags that say nothing of the behaviour; the choice is remembered.
  function technicalTags(refresh) {
    const hide = h("input", { type: "checkbox", checked: kept.get("tags", "hide") !== "show", "data-testid": "hide-tags" });
    const patterns = h("input", { type: "text", value: kept.get("technical", harken.technical), "aria-label": "Patterns of technical tags", spellcheck: "false" });
    hide.addEventListener("input", () => { kept.set("tags", hide.checked ? "hide" : "show"); refresh(); });
    patterns.addEventListener("change", () => { kept.set("technical", patterns.value.trim()); refresh(); });
    return h("div", { class: "technical" }, h("label", null, hide, " Hide tags like"), " ", patterns);
  }

  Object.assign(harken, { scenariosPage });
})();
