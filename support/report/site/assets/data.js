// The data: files that are loaded when a page needs them, and the index that all pages share.
"use strict";

(() => {
  const waiting = new Map(); // file name -> {promise, done, failed}

  // load returns a promise of what a data file holds. Each is loaded once.
  function load(name) {
    if (!waiting.has(name)) {
      const one = {};
      one.promise = new Promise((done, failed) => {
        one.done = done;
        const script = document.createElement("script");
        script.src = "site/data/" + name + ".js";
        script.onerror = () => failed(new Error(`site/data/${name}.js cannot be loaded: the folder "site" belongs beside index.html.`));
        document.head.appendChild(script);
      });
      waiting.set(name, one);
    }
    return waiting.get(name).promise;
  }

  // take is what the data files call.
  harken.take = (name, value) => waiting.get(name).done(value);

  let index = null;

  // indexed returns a promise of the index, with its numbers resolved.
  function indexed() {
    index = index || load("index").then((raw) => {
      raw.subsystems.forEach((one, number) => Object.assign(one, { number, scenarios: [] }));
      raw.features.forEach((one) => Object.assign(one, { scenarios: [] }));
      raw.byID = new Map();
      raw.scenarios = raw.scenarios.map(([id, name, feature, line, state, chunk, tags, subsystems, ms, caveats]) => {
        const of = raw.features[feature];
        const one = { id, name, feature: of, line, state, chunk, tags: tags.map((n) => raw.tags[n]), subsystems: subsystems.map((n) => raw.subsystems[n]), ms, caveats };
        one.text = [name, of.name, of.path + ":" + line, ...one.tags].join("\n").toLowerCase();
        of.scenarios.push(one);
        one.subsystems.forEach((subsystem) => subsystem.scenarios.push(one));
        raw.byID.set(id, one);
        return one;
      });
      return raw;
    });
    return index;
  }

  const proseOf = async (feature) => (await load("features-" + feature.chunk))[feature.slug];
  const timelineOf = async (scenario) => (await load("scenarios-" + scenario.chunk))[scenario.id];

  // kept remembers a choice of the reader's, where the browser allows it.
  const kept = {
    get(name, otherwise) {
      try {
        const value = localStorage.getItem("harken." + name);
        return value === null ? otherwise : value;
      } catch {
        return otherwise;
      }
    },
    set(name, value) {
      try {
        localStorage.setItem("harken." + name, value);
      } catch {
        // It holds until the page is left.
      }
    },
  };

  Object.assign(harken, { load, indexed, proseOf, timelineOf, kept });
})();
