// The pages of subsystems and of features.
"use strict";

(() => {
  const { h, trusted, tallies, isolated, span } = harken;
  const openAtOnce = 40; // scenarios: a page with fewer shows all of its features
  const atATime = 100; // features that a page lists before it is asked for more

  async function subsystemPage(slug) {
    const index = await harken.indexed();
    const of = index.subsystems.find((one) => one.slug === slug);
    if (!of) return harken.missing("No subsystem is called so.");
    const contract = await harken.load("contract");
    const part = contract.subsystems[of.number];
    const features = index.features.filter((feature) => feature.scenarios.some((one) => one.subsystems.includes(of)));
    return { title: of.name, page: "", node: h("div", { class: "page-subsystem", "data-testid": "subsystem" },
      h("nav", { class: "trail", "aria-label": "Where this is" }, h("ol", null, h("li", null, h("a", { href: "#/" }, "Overview")))),
      h("h1", { tabindex: "-1", dir: "auto" }, of.name),
      trusted(part.html),
      h("p", { class: "line" }, tallies(of.scenarios), h("a", { href: "#/scenarios?subsystem=" + encodeURIComponent(of.slug) }, "List its scenarios")),
      h("h2", null, "Contract"),
      h("p", { class: "quiet" }, `What comes out has to be there within ${span(part.sla)}, unless an event or a step says else.`),
      channels("Inputs", part.inputs, contract), channels("Outputs", part.outputs, contract),
      h("h2", null, "Behaviour"),
      features.length === 0 && h("p", { class: "remark" }, "No scenario is about this subsystem yet."),
      featureList(features, index, of.scenarios.length <= openAtOnce)) };
  }

  function channels(title, list, contract) {
    if (!list.length) return null;
    return [h("h3", null, title), list.map((name) => {
      const channel = contract.channels[name] || {};
      return h("section", { class: "channel", "data-testid": "channel" },
        h("h4", { dir: "auto" }, name, channel.scheme && h("span", { class: "scheme" }, channel.scheme)),
        trusted(channel.html),
        channel.dead && h("p", { class: "verdictbox failed", dir: "auto" }, "✕ It could not be listened to: " + channel.dead),
        h("p", { class: "quiet" }, flow(channel)),
        contract.events.filter((event) => event.channel === name).map(eventKind));
    })];
  }

  function flow(channel) {
    const said = [];
    if (channel.state) said.push("state: it tells what is there, not what happened");
    if (channel.answers) said.push("what is sent here is answered on " + channel.answers);
    if (channel.produced) said.push(`${channel.produced.toLocaleString()} sent in this run`);
    if (channel.captured) said.push(`${channel.captured.toLocaleString()} captured in this run`);
    if (channel.foreign) said.push(`of these ${channel.foreign.toLocaleString()} somebody else's`);
    if (channel.uncorrelated) said.push(`${channel.uncorrelated.toLocaleString()} nobody's`);
    return said.join(" · ");
  }

  function eventKind(event) {
    const example = harken.readJSON(event.example || "", event.cut);
    return h("details", { class: "kind-of-event", "data-testid": "kind" },
      h("summary", null, h("h5", { dir: "auto" }, event.name), event.sla ? h("span", { class: "quiet" }, "within " + span(event.sla)) : null),
      trusted(event.html),
      event.is && h("p", { class: "quiet", dir: "auto" }, "Told from its neighbours by ", event.is.map((is, i) => [i > 0 && " and ", h("code", null, is)])),
      event.example && [h("h6", null, event.real ? "An example, from this run" : "What is produced unless a step says else"),
        event.headers && harken.headerTable(event.headers),
        harken.block("Example", { class: "body" }, example ? harken.pretty(example) : event.example)],
      event.schema !== undefined && [h("h6", null, "Schema"), harken.schema(event.schema)]);
  }

  // featureList shows features as prose, each loaded when it is opened.
  function featureList(features, index, open) {
    const box = h("div", { class: "featurelist" });
    const show = (from) => {
      features.slice(from, from + atATime).forEach((feature) => box.appendChild(fold(feature, index, open)));
      if (features.length > from + atATime) {
        const button = h("button", { type: "button", onclick: () => { button.remove(); show(from + atATime); } }, `Show more of ${features.length.toLocaleString()} features`);
        box.appendChild(button);
      }
    };
    show(0);
    return box;
  }

  function fold(feature, index, open) {
    const details = h("details", { class: "fold", "data-testid": "feature-fold" },
      h("summary", null, h("h3", { dir: "auto" }, feature.name), tallies(feature.scenarios)),
      h("p", { class: "where" }, h("a", { href: "#/feature/" + encodeURIComponent(feature.slug) }, feature.path)));
    const fill = async () => {
      if (!details.open || details.dataset.filled) return;
      details.dataset.filled = "yes";
      details.appendChild(harken.feature(await harken.proseOf(feature), index, 4));
    };
    details.addEventListener("toggle", fill);
    details.open = open;
    return details;
  }

  async function featurePage(slug, query) {
    const index = await harken.indexed();
    const of = index.features.find((one) => one.slug === slug);
    if (!of) return harken.missing("No feature is called so.");
    const prose = await harken.proseOf(of);
    const subsystems = [...new Set(of.scenarios.flatMap((one) => one.subsystems))];
    return { title: of.name, page: "", at: query.get("at") && "at-" + query.get("at"), node: h("div", { class: "page-feature", "data-testid": "feature" },
      h("nav", { class: "trail", "aria-label": "Where this is" }, h("ol", null,
        subsystems.slice(0, 3).map((one) => h("li", null, h("a", { href: "#/subsystem/" + encodeURIComponent(one.slug) }, isolated(one.name)))), !subsystems.length && h("li", null, h("a", { href: "#/" }, "Overview")))),
      h("h1", { tabindex: "-1", dir: "auto" }, of.name),
      h("p", { class: "meta" }, h("code", null, of.path)),
      h("p", { class: "line" }, tallies(of.scenarios)),
      harken.feature(prose, index, 2)) };
  }

  Object.assign(harken, { subsystemPage, featurePage });
})();
