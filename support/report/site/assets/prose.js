// Features as prose.
"use strict";

(() => {
  const { h, trusted, badge, isolated, states } = harken;

  // phrase marks what is quoted, and what an outline's rows put in.
  function phrase(text) {
    return text.split(/("[^"]*"|<[^<>\s][^<>]*>)/).map((part, i) => {
      if (i % 2 === 0) return part;
      return h("span", { class: part[0] === '"' ? "quoted" : "slot" }, part);
    });
  }

  const cellTable = (rows) => h("div", { class: "scroll" }, h("table", { class: "cells" },
    h("tbody", null, rows.map((row) => h("tr", null, row.map((cell) => h("td", { dir: "auto" }, phrase(cell))))))));

  // argument is what stands below a step.
  const argument = (step) => [
    step.table && cellTable(step.table),
    step.doc !== undefined && harken.block("Text of the step", { class: "doc", dir: "auto" }, step.doc),
  ];

  const sentence = (step) => [h("span", { class: "keyword" }, step.keyword.trim(), " "), h("bdi", { class: "phrase" }, phrase(step.text))];

  const steps = (all) => h("ol", { class: "steps" }, (all || []).map((step) => h("li", null, h("p", null, sentence(step)), argument(step))));

  // The tags that a reader need not see, as patterns with * in them.
  const technical = "@retry(*)";
  const hidden = () => harken.kept.get("technical", technical).split(/\s+/).filter(Boolean)
    .map((pattern) => new RegExp("^" + pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*") + "$"));

  function shownTags(all) {
    if (harken.kept.get("tags", "hide") === "show") return all || [];
    const patterns = hidden();
    return (all || []).filter((tag) => !patterns.some((pattern) => pattern.test(tag)));
  }

  function tags(all) {
    const shown = shownTags(all);
    if (!shown.length) return null;
    return h("ul", { class: "tags", "aria-label": "Tags" }, shown.map((tag) => h("li", null, h("a", { href: "#/scenarios?tag=" + encodeURIComponent(tag) }, isolated(tag)))));
  }

  const heading = (level, ...children) => h("h" + Math.min(level, 6), { dir: "auto" }, children);

  // feature tells a feature, from the heading level that its rules and scenarios have on.
  function feature(prose, index, level) {
    if (prose.broken) return h("p", { class: "remark" }, "The file cannot be read as a feature.");
    return h("div", { class: "prose", lang: prose.language }, trusted(prose.html), tags(prose.tags), (prose.children || []).map((child) => told(child, index, level)));
  }

  function told(child, index, level) {
    if (child.kind === "rule") {
      return h("section", { class: "rule" },
        heading(level, h("span", { class: "kind" }, child.keyword, " "), child.name), tags(child.tags), trusted(child.html),
        (child.children || []).map((inner) => told(inner, index, level + 1)));
    }
    if (child.kind === "background") {
      return h("section", { class: "background" }, heading(level, h("span", { class: "kind" }, child.keyword, " "), child.name || "before each scenario"), trusted(child.html), steps(child.steps));
    }
    const one = index.byID.get(child.id);
    return h("article", { class: "scenario " + (one ? states[one.state].class : ""), id: one && "at-" + one.id },
      heading(level, one ? h("a", { href: "#/scenario/" + one.id }, child.name || "Unnamed") : child.name || "Unnamed"),
      h("div", { class: "line" }, one && badge(one.state), tags(child.tags)),
      trusted(child.html), steps(child.steps), (child.examples || []).map((some) => examples(some, index, level + 1)));
  }

  function examples(some, index, level) {
    return h("section", { class: "examples" },
      heading(level, h("span", { class: "kind" }, some.keyword, " "), some.name), tags(some.tags), trusted(some.html),
      harken.scroller("Examples " + (some.name || ""), h("table", null,
        h("thead", null, h("tr", null, (some.header || []).map((name) => h("th", { scope: "col" }, name)), h("th", { scope: "col" }, "verdict"))),
        h("tbody", null, some.rows.map((row) => {
          const one = index.byID.get(row.id);
          return h("tr", { class: one && states[one.state].class, id: one && "at-" + one.id },
            row.cells.map((cell) => h("td", { dir: "auto" }, cell)),
            h("td", null, one && h("a", { href: "#/scenario/" + one.id, "aria-label": `${states[one.state].word}: ${one.name}` }, badge(one.state))));
        })))));
  }

  Object.assign(harken, { feature, sentence, argument, tags, technical, phrase });
})();
