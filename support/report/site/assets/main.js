// Which page is shown: what stands behind # in the address says so. Also the header: search, and light or dark.
"use strict";

(() => {
  const { h, kept } = harken;
  const overview = document.getElementById("overview");
  const page = document.getElementById("page");
  const suite = document.title;

  // A page is a function of what stands behind its name and of its query, and promises {title, node}: with page, the entry
  // in the header that it belongs to; at, the id of the place to go to; shown, what is done when it is shown, which returns
  // whether that has brought the reader somewhere; and focus, what has the focus if not its heading.
  const pages = {
    scenario: (name, query) => harken.scenarioPage(name, query),
    subsystem: (name) => harken.subsystemPage(name),
    feature: (name, query) => harken.featurePage(name, query),
    scenarios: (name, query) => harken.scenariosPage(name, query),
    latency: () => harken.latencyPage(),
  };

  harken.missing = (why) => ({ title: "Not found", page: "", node: h("div", { "data-testid": "missing" }, h("h1", { tabindex: "-1" }, "Not found"), h("p", null, why), h("p", null, h("a", { href: "#/scenarios" }, "All scenarios"))) });

  let turn = 0;
  let chosen = false; // the reader has followed a link, and not gone back
  const left = new Map(); // how far down pages were when they were left, by their addresses

  async function show(first) {
    if (location.hash && location.hash !== "#" && !location.hash.startsWith("#/")) return; // it names a place on this page
    const mine = ++turn;
    const [path, search] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
    const [kind, ...rest] = path.split("/");
    let made = null;
    if (kind) {
      try {
        made = pages[kind] ? await pages[kind](decodeURIComponent(rest.join("/")), new URLSearchParams(search || "")) : harken.missing("There is no such page.");
      } catch (error) {
        console.error(error);
        made = { title: "Not shown", page: "", node: h("div", { role: "alert" }, h("h1", { tabindex: "-1" }, "This page cannot be shown"), h("p", null, error.message)) };
      }
    }
    if (mine !== turn) return; // the reader has gone on
    overview.hidden = made !== null;
    page.hidden = made === null;
    page.replaceChildren(...(made ? [made.node] : []));
    document.title = made ? `${made.title} · ${suite}` : suite;
    for (const link of document.querySelectorAll("[data-page]")) {
      if (link.dataset.page === (made ? made.page : "overview")) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    go(made, first);
  }

  // go brings the reader to where the page begins.
  function go(made, first) {
    if (made && made.shown && made.shown()) return;
    const place = made && made.at && document.getElementById(made.at);
    if (place) {
      place.scrollIntoView();
      place.classList.add("here");
      return;
    }
    if (first && !made) return;
    window.scrollTo(0, chosen ? 0 : left.get(location.href) || 0);
    const heading = (made && made.focus) || (made ? page : overview).querySelector("h1");
    if (heading) heading.focus({ preventScroll: true });
    if (made && made.focus) made.focus.select();
  }

  function header() {
    const form = document.querySelector(".find");
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      location.hash = "#/scenarios?q=" + encodeURIComponent(form.elements.q.value.trim());
    });
    const button = document.querySelector(".theme");
    const dark = () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    const label = () => { button.textContent = dark() ? "Light" : "Dark"; button.setAttribute("aria-label", dark() ? "Use light colours" : "Use dark colours"); };
    button.hidden = false;
    label();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
    button.addEventListener("click", () => {
      document.documentElement.dataset.theme = dark() ? "light" : "dark";
      kept.set("theme", document.documentElement.dataset.theme);
      label();
    });
    for (const time of document.querySelectorAll("time")) time.replaceWith(harken.moment(time.dateTime));
  }

  header();
  history.scrollRestoration = "manual";
  document.addEventListener("click", (event) => { chosen = Boolean(event.target.closest("a")); });
  addEventListener("hashchange", async (event) => {
    left.set(event.oldURL, window.scrollY);
    await show(false);
    chosen = false;
  });
  show(true);
})();
