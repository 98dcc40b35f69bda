/* Shows openapi.json and lets a person try a model. Everything that comes from the document or from
 * an answer is put on the page as text, never as markup. */
"use strict";

const MANY_FIELDS = 24; /* beyond it, the form is a dense one */
const FORM_FIELDS = 300; /* beyond it, JSON only */
const FILTER_MODELS = 12;
const METHODS = ["get", "post", "put", "patch", "delete"];

let spec = null;

/* element("p", {class: "quiet"}, "text", child ...) */
function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function resolve(value) {
  while (value && value.$ref) {
    value = value.$ref
      .slice(2)
      .split("/")
      .reduce((at, key) => at && at[decodeURIComponent(key).replace(/~1/g, "/").replace(/~0/g, "~")], spec);
  }
  return value || {};
}

function schemaOf(model, part) {
  return spec.components.schemas[`${model.name.replace(/\+/g, "_plus_")}.${part}`] || {};
}

function pretty(value) {
  /* Lists of plain values stay on one line. */
  return JSON.stringify(value, null, 2).replace(/\[\s*([^[\]{}]*?)\s*\]/g, (whole, inner) => {
    const line = inner.replace(/\n\s*/g, " ");
    return line.length < 2000 ? `[${line}]` : whole;
  });
}

function exampleOf(media) {
  if (!media) return undefined;
  return media.example !== undefined ? media.example : (Object.values(media.examples || {})[0] || {}).value;
}

/* ---- sending ---- */

function shellQuote(text) {
  return `'${text.replace(/'/g, "'\\''")}'`;
}

function curlLine(method, path, type, body) {
  const url = new URL(path, document.baseURI).href;
  const words = ["curl", "-s", shellQuote(url)];
  if (method !== "GET" && !(method === "POST" && body !== null)) words.push("-X", method);
  if (body !== null) words.push("-H", shellQuote(`Content-Type: ${type}`), "--data-binary", shellQuote(body));
  return words.join(" ");
}

function parseTiming(header) {
  return (header || "")
    .split(",")
    .map((entry) => entry.trim().match(/^(\w+);dur=([\d.]+)$/))
    .filter(Boolean)
    .map((match) => [match[1], `${match[2]} ms`]);
}

async function send(method, path, type, body) {
  const options = { method, cache: "no-store", credentials: "same-origin" };
  if (body !== null) {
    options.body = body;
    options.headers = { "Content-Type": type };
  }
  const begun = performance.now();
  const answer = await fetch(path, options);
  const text = await answer.text();
  const took = performance.now() - begun;
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: answer.status, ok: answer.ok, reason: answer.statusText, headers: answer.headers, text, json, took };
}

/* ---- an answer ---- */

function copyButton(text) {
  const button = element("button", { type: "button", class: "small" }, "Copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it and copy";
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  return button;
}

function showBars(names, values) {
  const list = element("dl", { class: "bars" });
  const order = values.map((_, i) => i).sort((a, b) => values[b] - values[a]).slice(0, 10);
  for (const i of order) {
    const fill = element("span", { class: "fill" });
    fill.style.width = `${Math.max(0, Math.min(1, values[i] || 0)) * 100}%`;
    list.append(
      element("dt", {}, String(names[i])),
      element(
        "dd",
        {},
        element("span", { class: "track" }, fill),
        element("span", { class: "value" }, values[i] === null ? "null" : values[i].toPrecision(4)),
      ),
    );
  }
  return list;
}

/* The first row's answer, in whatever dialect. */
function headline(json) {
  const tensor = Array.isArray(json.outputs) ? json.outputs[0] : null;
  const list = json.predictions || (tensor && tensor.data) || [];
  const found = json.prediction !== undefined ? json.prediction : list[0];
  if (found === undefined || found === null || typeof found === "object") return null;
  return element("p", { class: "result" }, String(found));
}

function showTiming(answer) {
  const entries = [["round trip", `${answer.took.toFixed(1)} ms`], ...parseTiming(answer.headers.get("Server-Timing"))];
  return element(
    "dl",
    { class: "timing" },
    ...entries.map(([name, text]) => element("div", {}, element("dt", {}, name), " ", element("dd", {}, text))),
  );
}

function part(title, content, tool) {
  return element("section", { class: "part" }, element("div", { class: "head" }, element("h3", {}, title), tool || null), content);
}

function showAnswer(place, answer) {
  const json = answer.json;
  const isError = !answer.ok;
  const nodes = [
    element(
      "div",
      { class: "head" },
      element("span", { class: isError ? "status bad" : "status" }, `${answer.status} ${answer.reason}`.trim()),
      answer.headers.get("X-Model-Version")
        ? element("span", { class: "badge" }, `version ${answer.headers.get("X-Model-Version")}`)
        : null,
    ),
  ];
  if (isError && json && json.error) nodes.push(element("p", { class: "error" }, json.error));
  if (!isError && json && typeof json === "object") {
    const result = headline(json);
    if (result) nodes.push(result);
    const chances = json.probability;
    if (Array.isArray(chances) && Array.isArray(json.labels) && typeof chances[0] === "number")
      nodes.push(showBars(json.labels, chances));
  }
  const body = json === undefined ? answer.text : pretty(json);
  if (body !== "") nodes.push(part("Body", element("pre", { tabindex: "0" }, body)));
  nodes.push(part("Time", showTiming(answer)));
  place.replaceChildren(...nodes);
}

function showFailure(place, error) {
  place.replaceChildren(
    element("p", { class: "error" }, `No answer: ${error.message}. Is the service still there?`),
  );
}

/* ---- a model's form ---- */

function typesOf(schema) {
  return [].concat(schema.type || []);
}

function wordsOf(schema) {
  const words = schema.enum || schema["x-words"];
  if (!words) return null;
  /* A number stands there as a number and as a text: one of them is enough. */
  const seen = new Set();
  return words.filter((word) => {
    const name = String(word);
    if (word === null || seen.has(name)) return false;
    return seen.add(name);
  });
}

function mayBeMissing(schema) {
  return typesOf(schema).includes("null") || (schema.enum || []).includes(null);
}

function isNumeric(schema) {
  return !wordsOf(schema) && typesOf(schema).some((type) => type === "number" || type === "integer") && !typesOf(schema).includes("string");
}

function hintOf(schema) {
  const texts = [];
  const low = schema.minimum ?? schema["x-minimum"];
  const high = schema.maximum ?? schema["x-maximum"];
  if (schema.description) texts.push(schema.description);
  if (typesOf(schema).includes("integer")) texts.push("whole number");
  else if (isNumeric(schema) && low === undefined && high === undefined) texts.push("number");
  else if (!isNumeric(schema) && !wordsOf(schema)) texts.push("text");
  if (low !== undefined && high !== undefined) texts.push(`${low} to ${high}`);
  else if (low !== undefined) texts.push(`at least ${low}`);
  else if (high !== undefined) texts.push(`at most ${high}`);
  if (mayBeMissing(schema)) texts.push(schema.default !== undefined ? `if missing: ${schema.default}` : "may be missing");
  return texts.join(" · ");
}

function selectOf(schema, value, id) {
  const words = wordsOf(schema);
  const select = element("select", { id });
  if (mayBeMissing(schema)) select.append(element("option", { value: "" }, "(missing)"));
  words.forEach((word, i) => select.append(element("option", { value: String(i), selected: String(word) === String(value) && value !== null }, String(word))));
  return { node: select, read: () => (select.value === "" ? null : words[Number(select.value)]) };
}

function inputOf(schema, value, id) {
  const numeric = isNumeric(schema);
  const input = element("input", {
    id,
    type: "text",
    inputmode: numeric ? "decimal" : null,
    autocomplete: "off",
    spellcheck: "false",
    placeholder: mayBeMissing(schema) ? "missing" : null,
    value: value === null || value === undefined ? "" : String(value),
  });
  /* What is no number goes as it is typed: the worker's error says what is wrong with it. */
  const read = () => {
    const text = input.value.trim();
    if (text === "") return numeric || mayBeMissing(schema) ? null : "";
    return numeric && Number.isFinite(Number(text)) ? Number(text) : input.value;
  };
  return { node: input, read };
}

function makeField(name, schema, value, number) {
  const id = `field-${number}`;
  const control = wordsOf(schema) ? selectOf(schema, value, id) : inputOf(schema, value, id);
  control.node.setAttribute("aria-describedby", `${id}-hint`);
  const fault = element("span", { class: "fault", id: `${id}-fault`, hidden: true });
  const node = element(
    "div",
    { class: "field" },
    element("label", { for: id }, name),
    control.node,
    element("span", { class: "hint", id: `${id}-hint` }, hintOf(schema)),
    fault,
  );
  const complain = (text) => {
    node.classList.toggle("wrong", text !== null);
    control.node.setAttribute("aria-invalid", text !== null ? "true" : "false");
    control.node.setAttribute("aria-describedby", text !== null ? `${id}-hint ${id}-fault` : `${id}-hint`);
    fault.hidden = text === null;
    fault.textContent = text || "";
  };
  return { name, node, read: control.read, complain };
}

function makeFields(model) {
  const row = schemaOf(model, "row");
  const example = row.example || {};
  return Object.entries(row.properties || {}).map(([name, schema], i) =>
    makeField(name, schema, example[name], i),
  );
}

function makeOutputs(model) {
  const names = ["prediction", ...model.outputs.map((output) => output.name).filter((name) => name !== "prediction")];
  const boxes = names.map((name) => ({
    name,
    box: element("input", { type: "checkbox", checked: name === "prediction" || name === "probability" }),
  }));
  const node = element("fieldset", { class: "outputs" }, element("legend", {}, "Answer with"), ...boxes.map(({ name, box }) => element("label", {}, box, name)));
  const read = () => boxes.filter(({ box }) => box.checked).map(({ name }) => name);
  return { node, read };
}

function bodyOf(fields, outputs) {
  const body = { input: Object.fromEntries(fields.map((field) => [field.name, field.read()])) };
  const wanted = outputs.read();
  if (wanted.length > 0 && !(wanted.length === 1 && wanted[0] === "prediction")) body.output = wanted;
  return JSON.stringify(body);
}

function showFaults(fields, answer) {
  const faults = {};
  const json = answer.json || {};
  if (!answer.ok) {
    for (const problem of json.problems || []) faults[problem.field] = problem.error;
    for (const name of json.missing || []) faults[name] = "missing";
    if (json.field && !faults[json.field]) faults[json.field] = json.error;
  }
  for (const field of fields) field.complain(faults[field.name] || null);
}

/* Every way to ask this model that the document has an example for. */
function waysOf(model) {
  const ways = [];
  for (const [path, item] of Object.entries(spec.paths)) {
    const operation = item.post;
    if (!operation || operation["x-model"] !== model.name) continue;
    for (const [type, media] of Object.entries(operation.requestBody.content)) {
      const example = exampleOf(media);
      if (example !== undefined) ways.push({ path, type, example });
    }
  }
  /* omen's own first: the form is written for it. */
  return ways.sort((a, b) => Number(b.path.startsWith("/predict/")) - Number(a.path.startsWith("/predict/")));
}

function showModel(model) {
  const fields = makeFields(model);
  const ways = waysOf(model);
  const hasForm = fields.length > 0 && fields.length <= FORM_FIELDS;
  const outputs = makeOutputs(model);
  const place = element("div", { "aria-live": "polite" }, element("p", { class: "quiet" }, "Press Predict: the answer appears here."));
  const curl = element("pre", { class: "curl", tabindex: "0" });
  const text = element("textarea", { "aria-label": "The request's body", spellcheck: "false" });
  const way = element("select", { id: "way" }, ...ways.map(({ path, type }, i) => element("option", { value: String(i) }, type === "application/json" ? path : `${path} (${type})`)));
  const form = element("div", { class: fields.length > MANY_FIELDS ? "fields many" : "fields" }, ...fields.map((field) => field.node));
  const simple = element("div", {}, form, outputs.node);
  const raw = element("div", { class: "raw" }, element("div", { class: "field" }, element("label", { for: "way" }, "Request"), way), text);
  const button = element("button", { type: "submit", class: "main" }, "Predict");
  const modes = ["Fields", "JSON"].map((name) => ({ name, box: element("input", { type: "radio", name: "mode", value: name }) }));
  const isForm = () => modes[0].box.checked;

  const request = () =>
    isForm()
      ? { path: `/predict/${model.name}`, type: "application/json", body: bodyOf(fields, outputs) }
      : { path: (ways[way.value] || { path: `/predict/${model.name}` }).path, type: (ways[way.value] || { type: "application/json" }).type, body: text.value };
  const refresh = () => {
    const { path, type, body } = request();
    curl.textContent = curlLine("POST", path.slice(1), type, body);
  };
  const setMode = (name) => {
    for (const mode of modes) mode.box.checked = mode.name === name;
    simple.hidden = name !== "Fields";
    raw.hidden = name !== "JSON";
    refresh();
  };
  const fillExample = () => {
    const chosen = ways[way.value];
    if (chosen) text.value = typeof chosen.example === "string" ? chosen.example : pretty(chosen.example);
    refresh();
  };
  modes[0].box.addEventListener("change", () => setMode("Fields"));
  modes[1].box.addEventListener("change", () => {
    if ((ways[way.value] || {}).path === `/predict/${model.name}`) text.value = pretty(JSON.parse(bodyOf(fields, outputs)));
    setMode("JSON");
  });
  way.addEventListener("change", fillExample);

  const submit = async (event) => {
    event.preventDefault();
    const { path, type, body } = request();
    button.disabled = true;
    try {
      const answer = await send("POST", path.slice(1), type, body);
      showAnswer(place, answer);
      if (isForm()) showFaults(fields, answer);
    } catch (error) {
      showFailure(place, error);
    }
    button.disabled = false;
  };
  const reset = () => showPage();
  const facts = [model.task, model.trainer, model.format, `${model.inputs} input${model.inputs === 1 ? "" : "s"}`].filter(Boolean);
  const workbench = element(
    "form",
    { class: "workbench", onsubmit: submit, oninput: refresh, novalidate: true },
    element(
      "section",
      { class: "panel", "aria-labelledby": "try" },
      element(
        "div",
        { class: "head" },
        element("h2", { id: "try" }, "Try it"),
        hasForm ? element("div", { class: "switch", role: "radiogroup", "aria-label": "How to write the request" }, ...modes.map(({ name, box }) => element("label", {}, box, name))) : null,
      ),
      simple,
      raw,
      element(
        "div",
        { class: "actions" },
        button,
        element("button", { type: "button", onclick: reset }, "Back to the example"),
        element("span", { class: "quiet small" }, model.example === "golden" ? "The example is one of the model's own rows with a known answer." : "The example is made up: the model brings no rows of its own."),
      ),
    ),
    element(
      "section",
      { class: "panel answer", "aria-labelledby": "answered" },
      element("h2", { id: "answered" }, "Answer"),
      element("div", { class: "part" }, place),
      part("From a shell", curl, copyButton(() => curl.textContent)),
    ),
  );
  fillExample();
  setMode(hasForm ? "Fields" : "JSON");
  return [
    element("div", { class: "title" }, element("h1", {}, model.name), element("span", { class: "badge" }, `version ${model.version}`)),
    model.description ? element("p", {}, model.description) : null,
    element("p", { class: "lead" }, ...facts.map((fact) => element("span", {}, fact))),
    workbench,
  ].filter(Boolean);
}

/* ---- all requests ---- */

/* An operation's own, or the one of the first model that is asked the same way. */
function exampleBody(path, operation, type) {
  const media = ((operation.requestBody || {}).content || {})[type] || {};
  const model = spec["x-models"][0] || { name: "" };
  const plain = path.replace(/\/(versions\/\{version\}|labels\/\{label\}|\{version\})/, "").replace(/:validate$/, "");
  const same = (spec.paths[plain.replace("{model}", model.name)] || spec.paths[`${plain}/${model.name}`] || {}).post;
  const example = exampleOf(media) ?? (same && same !== operation ? exampleOf(((same.requestBody || {}).content || {})[type]) : undefined);
  if (example === undefined) return "";
  return typeof example === "string" ? example : pretty(example);
}

function showOperation(path, method, operation, number) {
  const id = `request-${number}`;
  const place = element("div", { "aria-live": "polite" });
  const curl = element("pre", { class: "curl", tabindex: "0" });
  const parameters = (operation.parameters || []).map(resolve).map((parameter) => ({
    parameter,
    input: element("input", { id: `${id}-${parameter.name}`, autocomplete: "off", value: parameter.name === "model" && spec["x-models"].length > 0 ? spec["x-models"][0].name : parameter.name === "version" && spec["x-models"].length > 0 ? spec["x-models"][0].version : "" }),
  }));
  const types = Object.keys((operation.requestBody || {}).content || {});
  const type = element("select", { id: `${id}-type` }, ...types.map((name) => element("option", {}, name)));
  const text = element("textarea", { id: `${id}-body`, class: "short", spellcheck: "false" });
  const fill = () => (text.value = exampleBody(path, operation, type.value));
  const request = () => ({
    path: path.replace(/\{(\w+)\}/g, (whole, name) => {
      const found = parameters.find(({ parameter }) => parameter.in === "path" && parameter.name === name);
      return found ? encodeURIComponent(found.input.value) : whole;
    }),
    body: types.length > 0 ? text.value : null,
  });
  const refresh = () => {
    const { path: filled, body } = request();
    curl.textContent = curlLine(method.toUpperCase(), filled.slice(1), type.value, body);
  };
  const submit = async (event) => {
    event.preventDefault();
    const { path: filled, body } = request();
    try {
      showAnswer(place, await send(method.toUpperCase(), filled.slice(1), type.value, body));
    } catch (error) {
      showFailure(place, error);
    }
  };
  const form = element(
    "form",
    { onsubmit: submit, oninput: refresh },
    ...parameters.map(({ parameter, input }) => element("div", { class: "field" }, element("label", { for: input.id }, parameter.name), input, element("span", { class: "hint" }, parameter.description || ""))),
    types.length > 1 ? element("div", { class: "field" }, element("label", { for: type.id }, "Content type"), type) : null,
    types.length > 0 ? element("div", { class: "field" }, element("label", { for: text.id }, `Body${types.length === 1 ? ` (${types[0]})` : ""}`), text) : null,
    element("div", { class: "actions" }, element("button", { class: "main", type: "submit" }, "Send")),
  );
  type.addEventListener("change", fill);
  fill();
  refresh();
  const answers = Object.entries(operation.responses || {}).flatMap(([status, response]) => [
    element("dt", {}, status === "default" ? "other" : status),
    element("dd", {}, resolve(response).description || ""),
  ]);
  return element(
    "details",
    { class: "request" },
    element("summary", {}, element("span", { class: `method ${method}` }, method.toUpperCase()), element("code", {}, path), element("span", { class: "quiet" }, operation.summary || "")),
    element(
      "div",
      { class: "body" },
      element(
        "div",
        {},
        operation.description ? element("p", { class: "quiet" }, operation.description) : null,
        form,
      ),
      element("div", {}, part("Answers", element("dl", { class: "answers" }, ...answers)), part("From a shell", curl, copyButton(() => curl.textContent)), place),
    ),
  );
}

function operations() {
  const list = [];
  for (const [path, item] of Object.entries(spec.paths))
    for (const method of METHODS) if (item[method]) list.push({ path, method, operation: item[method] });
  return list;
}

function showRequests(tag) {
  const about = (spec.tags || []).find((one) => one.name === tag) || { name: tag };
  const own = operations().filter(({ operation }) => (operation.tags || []).includes(tag) && !operation["x-model"]);
  return [
    element("div", { class: "title" }, element("h1", {}, about["x-title"] || about.name)),
    element("p", { class: "lead" }, about.description || ""),
    ...own.map(({ path, method, operation }, i) => showOperation(path, method, operation, i)),
  ];
}

/* ---- the page ---- */

function currentPlace() {
  const match = location.hash.match(/^#(model|requests)\/(.*)$/);
  if (match) return { kind: match[1], name: decodeURIComponent(match[2]) };
  const first = spec["x-models"][0];
  return first ? { kind: "model", name: first.name } : { kind: "requests", name: ((spec.tags || [])[0] || {}).name };
}

function showPage() {
  const at = currentPlace();
  const model = spec["x-models"].find((one) => one.name === at.name);
  const main = document.getElementById("main");
  let nodes;
  if (at.kind === "requests") nodes = showRequests(at.name);
  else if (model) nodes = showModel(model);
  else nodes = [element("p", { class: "notice" }, "That model is not live any more.")];
  main.replaceChildren(...nodes);
  document.title = `${at.name} - ${spec.info.title}`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.place === `${at.kind}/${at.name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function navigationLink(kind, name, text, count) {
  const link = element("a", { href: `#${kind}/${encodeURIComponent(name)}` }, element("span", {}, text), element("span", { class: "count" }, count));
  link.dataset.place = `${kind}/${name}`;
  return element("li", {}, link);
}

function showNavigation() {
  const models = spec["x-models"];
  const list = document.getElementById("models");
  const filter = document.getElementById("filter");
  const fill = () => {
    const wanted = filter.value.toLowerCase();
    list.replaceChildren(
      ...models
        .filter((model) => model.name.toLowerCase().includes(wanted))
        .map((model) => navigationLink("model", model.name, model.name, `v${model.version}`)),
    );
  };
  filter.hidden = models.length <= FILTER_MODELS;
  filter.addEventListener("input", () => {
    fill();
    showPage();
  });
  fill();
  if (models.length === 0) list.append(element("li", { class: "quiet small" }, "No model is live."));
  const used = operations().filter(({ operation }) => !operation["x-model"]);
  document.getElementById("requests").replaceChildren(
    ...(spec.tags || [])
      .map((tag) => [tag, used.filter(({ operation }) => (operation.tags || []).includes(tag.name)).length])
      .filter(([, count]) => count > 0)
      .map(([tag, count]) => navigationLink("requests", tag.name, tag["x-title"] || tag.name, String(count))),
  );
  document.getElementById("summary").textContent =
    models.length === 1 ? "1 model is live" : `${models.length} models are live`;
}

async function begin() {
  try {
    const answer = await fetch("openapi.json", { cache: "no-store" });
    if (!answer.ok) throw new Error(`openapi.json: ${answer.status}`);
    spec = await answer.json();
  } catch (error) {
    document.getElementById("main").replaceChildren(element("p", { class: "notice" }, `The document cannot be read: ${error.message}`));
    return;
  }
  showNavigation();
  showPage();
  window.addEventListener("hashchange", () => {
    showPage();
    document.getElementById("main").focus();
    window.scrollTo(0, 0);
  });
}

begin();
