// How fast each output was, against its limit.
"use strict";

(() => {
  const { h, s, span, isolated } = harken;
  const widest = 840;
  const height = 72;

  async function latencyPage() {
    const index = await harken.indexed();
    return { title: "Latency", page: "latency", node: h("div", { class: "page-latency", "data-testid": "latency" },
      h("h1", { tabindex: "-1" }, "Latency"),
      h("p", { class: "quiet" }, "From the acceptance of the act to the receipt of the event that settled the expectation. The output with the smallest margin comes first."),
      index.outputs.length === 0 && h("p", { class: "remark" }, "Nothing was measured: no expectation passed by an event that appeared."),
      index.outputs.map((output) => section(output, index))) };
  }

  const nameOf = (output) => (output.event ? `${output.event} on ${output.channel}` : output.channel);

  function section(output, index) {
    const margin = 1 - output.p95 / output.limit;
    const name = nameOf(output);
    return h("section", { class: "output" + (output.late ? " failed" : ""), "data-testid": "output" },
      h("h2", { dir: "auto" }, name),
      h("p", { class: "margin" }, output.late
        ? [h("strong", null, "✕ ", output.late.toLocaleString(), " too late"), `, the last ${span(output.latest - output.limit)} after the limit of ${span(output.limit)}.`]
        : [h("strong", null, Math.floor(margin * 100) + " %"), ` of the limit of ${span(output.limit)} left at the 95th percentile.`],
      output.missed > 0 && ` ${harken.count(output.missed, "expectation")} failed otherwise.`),
      harken.fitted((width) => strip(output, name, Math.min(width, widest))),
      output.count > 0 && h("dl", { class: "figures" }, [["in time", output.count.toLocaleString()], ["p50", span(output.p50)], ["p95", span(output.p95)], ["max", span(output.max)], ["limit", span(output.limit)]]
        .map(([term, value]) => h("div", null, h("dt", null, term), h("dd", null, value)))),
      h("p", { class: "slowest" }, "Slowest: ", output.slowest.map(({ id, took }, i) => [i > 0 && ", ", h("a", { href: "#/scenario/" + id }, isolated(index.byID.get(id).name)), ` (${span(took)})`])));
  }

  // strip is the distribution: a bar for each part of the time, and the limit.
  function strip(output, name, width) {
    const most = Math.max(...output.bins);
    const wide = width / output.bins.length;
    const limit = (output.limit / output.span) * width;
    const said = `${name}: ${output.count} in time, p50 ${span(output.p50)}, p95 ${span(output.p95)}, max ${span(output.max)}, limit ${span(output.limit)}` + (output.late ? `, ${output.late} too late` : "");
    return s("svg", { class: "strip", width, height: height + 34, viewBox: `0 -14 ${width} ${height + 34}`, role: "img", "aria-label": said },
      output.bins.map((n, i) => n > 0 && s("rect", { class: i * wide >= limit - 0.01 ? "late" : "in", x: i * wide + 0.5, width: Math.max(wide - 1, 1), y: height - Math.max((n / most) * height, 3), height: Math.max((n / most) * height, 3) },
        s("title", null, `${n.toLocaleString()} after ${span((i * output.span) / output.bins.length)} to ${span(((i + 1) * output.span) / output.bins.length)}`))),
      s("path", { class: "base", d: `M0 ${height}H${width}` }),
      s("path", { class: "limit", d: `M${limit} -2V${height + 6}` }),
      s("text", { x: limit, y: -5, "text-anchor": limit > width - 60 ? "end" : "middle" }, "limit " + span(output.limit)),
      s("text", { x: 0, y: height + 16 }, "0"),
      output.count > 0 && s("path", { class: "p95", d: `M${(output.p95 / output.span) * width} ${height}v7` }),
      output.count > 0 && s("text", { x: Math.min(Math.max((output.p95 / output.span) * width, 24), width - 20), y: height + 18, "text-anchor": "middle" }, "p95"));
  }

  Object.assign(harken, { latencyPage });
})();
