// A JSON Schema as a reader takes it: a line for each field, with what may stand there.
"use strict";

(() => {
  const { h } = harken;
  const deepest = 8;

  // said tells what a schema asks of a value, in words.
  function said(of) {
    if (of === true || of === undefined) return "anything";
    if (of === false) return "nothing";
    const words = [];
    if (of.$ref) words.push("as " + of.$ref);
    if (of.const !== undefined) words.push(JSON.stringify(of.const));
    if (of.enum) words.push("one of " + of.enum.map((value) => JSON.stringify(value)).join(", "));
    if (of.type) words.push([].concat(of.type).join(" or "));
    if (of.format) words.push(of.format);
    if (of.pattern) words.push("like /" + of.pattern + "/");
    for (const [key, word] of [["minimum", "at least"], ["exclusiveMinimum", "more than"], ["maximum", "at most"], ["exclusiveMaximum", "less than"], ["minLength", "length at least"], ["maxLength", "length at most"], ["minItems", "items at least"], ["maxItems", "items at most"], ["multipleOf", "a multiple of"]]) {
      if (of[key] !== undefined) words.push(`${word} ${of[key]}`);
    }
    for (const [key, word] of [["oneOf", "one of"], ["anyOf", "any of"], ["allOf", "all of"]]) {
      if (Array.isArray(of[key])) words.push(`${word} ${of[key].length} forms`);
    }
    return words.join(", ") || "anything";
  }

  // lines lists the fields of an object, and of what is in it, by their paths.
  function lines(of, path, found, depth) {
    if (typeof of !== "object" || of === null || depth > deepest) return found;
    const required = Array.isArray(of.required) ? of.required : [];
    for (const [name, inner] of Object.entries(of.properties || {})) {
      const at = path ? path + "." + name : name;
      found.push([h("code", null, at), required.includes(name) ? "required" : "optional", said(inner), (inner && inner.description) || ""]);
      lines(inner, at, found, depth + 1);
    }
    if (of.items && typeof of.items === "object") lines(of.items, path + "[*]", found, depth + 1);
    return found;
  }

  function schema(of) {
    const found = lines(of, "", [], 0);
    const columns = found.some((row) => row[3]) ? 4 : 3;
    return [
      found.length > 0 && harken.table("Schema", ["field", "needed", "value", "meaning"].slice(0, columns), found.map((row) => row.slice(0, columns))),
      h("details", null, h("summary", null, "As JSON"), harken.block("Schema as JSON", { class: "body" }, JSON.stringify(of, null, 2))),
    ];
  }

  Object.assign(harken, { schema });
})();
