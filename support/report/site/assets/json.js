// Reads JSON for showing: numbers stay as they were written, and a text that was cut is read as far as it goes.
"use strict";

(() => {
  const deepest = 100;
  const token = /\s*([{}[\]:,]|"(?:[^"\\]|\\.)*"?|[^\s{}[\]:,"]+)/ys;
  const scalar = /^(?:"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*|true|false|null|t\w*|f\w*|n\w*)$/s;

  // read returns the value that a text is, or null where it is no JSON: {kind: "object", entries: [[name, value]]},
  // {kind: "list", items: [value]} or {kind: "scalar", raw}. cut says that the end may be missing.
  function read(text, cut) {
    token.lastIndex = 0;
    let current = null;
    const ended = Symbol("end");
    const advance = () => {
      const found = token.exec(text);
      current = found ? found[1] : ended;
    };
    const fail = () => { throw new SyntaxError("no JSON"); };
    const atEnd = () => {
      if (current !== ended) return false;
      if (!cut) fail();
      return true;
    };
    function value(depth) {
      if (depth > deepest) fail();
      if (current === "{" || current === "[") return collection(depth, current === "{");
      if (current === ended || !scalar.test(current)) fail();
      const raw = current;
      advance();
      return { kind: "scalar", raw };
    }
    function collection(depth, object) {
      const members = [];
      const close = object ? "}" : "]";
      const made = object ? { kind: "object", entries: members } : { kind: "list", items: members };
      advance();
      while (current !== close) {
        if (atEnd()) return made;
        if (!object) {
          members.push(value(depth + 1));
        } else {
          if (current[0] !== '"') fail();
          const name = unquoted(current);
          advance();
          if (atEnd()) return made;
          if (current !== ":") fail();
          advance();
          if (atEnd()) return made;
          members.push([name, value(depth + 1)]);
        }
        if (current === ",") advance();
        else if (current !== close && !atEnd()) fail();
      }
      advance();
      return made;
    }
    try {
      advance();
      const whole = value(0);
      return current === ended ? whole : null;
    } catch (error) {
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  }

  function unquoted(raw) {
    try {
      return JSON.parse(raw);
    } catch {
      return raw.slice(1);
    }
  }

  // names returns whether a JSON Pointer, in which * stands for each item, names a place.
  function names(pointer, steps) {
    if (!pointer.startsWith("/")) return false;
    const wanted = pointer.slice(1).split("/");
    return wanted.length === steps.length && wanted.every((step, i) => step === "*" ? typeof steps[i] === "number" : step.replace(/~1/g, "/").replace(/~0/g, "~") === String(steps[i]));
  }

  Object.assign(harken, { readJSON: read, names });
})();
