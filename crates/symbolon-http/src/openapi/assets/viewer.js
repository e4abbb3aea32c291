// The filter and the forms of the contract's page. All there is to read is in the page already.
"use strict";

const filter = document.getElementById("filter");
const token = document.getElementById("token");
const operations = [...document.querySelectorAll(".operation")];

for (const hidden of document.querySelectorAll("#filter, #token, form.try")) hidden.hidden = false;
if (matchMedia("(max-width: 48rem)").matches) document.querySelector("nav details").open = false;

// The filter: each word must occur in method, path, summary or description.
filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const operation of operations) {
    const about = operation.querySelector(".about");
    const parts = [operation.querySelector("summary"), about.querySelector(":scope > p")];
    const text = parts.map((part) => part ? part.textContent.toLowerCase() : "").join(" ");
    operation.hidden = !words.every((word) => text.includes(word));
    const link = document.querySelector(`nav a[href="#${CSS.escape(about.id)}"]`);
    link.parentElement.hidden = operation.hidden;
  }
  for (const group of document.querySelectorAll(".group")) {
    group.hidden = !group.querySelector(".operation:not([hidden])");
  }
  for (const group of document.querySelectorAll("nav section")) {
    group.hidden = !group.querySelector("li:not([hidden])");
  }
  document.querySelector(".intro").hidden = words.length > 0;
});

// A link to an operation opens it.
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const operation = target && target.closest(".operation");
  if (!operation) return;
  operation.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", openTarget);
document.addEventListener("click", (event) => {
  // The same link again changes no hash.
  if (event.target.closest('nav a[href^="#"]')) setTimeout(openTarget);
});
openTarget();

// What a form asks for, as address, headers and body.
function read(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  const headers = {};
  let body = null;
  for (const field of form.querySelectorAll("[data-in]")) {
    const value = field.value;
    if (field.dataset.in === "path") {
      path = path.replace(`{${field.name}}`, encodeURIComponent(value));
    } else if (value === "") {
      continue;
    } else if (field.dataset.in === "query") {
      query.append(field.name, value);
    } else if (field.dataset.in === "header") {
      headers[field.name] = value;
    } else {
      headers["Content-Type"] = field.dataset.media;
      body = value;
    }
  }
  const search = query.toString();
  return { url: search ? `${path}?${search}` : path, method: form.dataset.method, headers, body };
}

function show(output, line, text, headers) {
  const about = document.createElement("p");
  about.textContent = line;
  const pre = document.createElement("pre");
  pre.textContent = text;
  output.replaceChildren(about);
  if (headers) {
    const list = document.createElement("p");
    list.textContent = headers;
    output.append(list);
  }
  if (text) output.append(pre);
  output.hidden = false;
  return pre;
}

// Indents JSON by its text alone, so that no large number is rounded.
function pretty(text) {
  try {
    JSON.parse(text);
  } catch {
    return text;
  }
  let depth = 0;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) || [];
  const line = () => "\n" + "  ".repeat(depth);
  return tokens.map((part, at) => {
    const before = tokens[at - 1];
    if (part === "{" || part === "[") {
      depth += 1;
      return tokens[at + 1] === "}" || tokens[at + 1] === "]" ? part : part + line();
    }
    if (part === "}" || part === "]") {
      depth -= 1;
      return before === "{" || before === "[" ? part : line() + part;
    }
    return part === "," ? part + line() : part === ":" ? ": " : part;
  }).join("");
}

const CONFIRM = "This may end sessions of others. Send it?";

async function send(form, stop) {
  const output = form.querySelector("output");
  const { url, method, headers, body } = read(form);
  if (token.value.trim()) headers.Authorization = `Bearer ${token.value.trim()}`;
  const begin = performance.now();
  // Cookies stay out: a token and another one in a cookie would contradict each other.
  const options = { method, headers, body, credentials: "omit", cache: "no-store", signal: stop.signal };
  const response = await fetch(url, options);
  const line = `${response.status} ${response.statusText} · ${Math.round(performance.now() - begin)} ms`;
  const names = ["content-type", "www-authenticate", "retry-after", "x-request-id"];
  const shown = [...response.headers].filter(([name]) => names.includes(name) || name.startsWith("x-symbolon"));
  const list = shown.map(([name, value]) => `${name}: ${value}`).join(" · ");
  const pre = show(output, line, " ", list);
  // As it arrives: a stream of events has no end.
  let text = "";
  const decoder = new TextDecoder();
  if (response.body) {
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      text += decoder.decode(part.value, { stream: true });
      pre.textContent = text;
    }
  }
  pre.textContent = pretty(text);
  pre.hidden = text === "";
}

async function copy(form, button) {
  const { url, method, headers, body } = read(form);
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = ["curl", "-i"];
  if (method !== "GET") parts.push("-X", method);
  if (token.value.trim()) parts.push("-H", '"Authorization: Bearer $TOKEN"');
  for (const [name, value] of Object.entries(headers)) parts.push("-H", quote(`${name}: ${value}`));
  if (body !== null) parts.push("-d", quote(body));
  parts.push(quote(location.origin + url));
  await navigator.clipboard.writeText(parts.join(" "));
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy as curl"; }, 1500);
}

for (const form of document.querySelectorAll("form.try")) {
  const stopButton = form.querySelector('[data-do="stop"]');
  let stop = null;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.ends === "yes" && !confirm(CONFIRM)) return;
    if (stop) stop.abort();
    stop = new AbortController();
    stopButton.hidden = false;
    const mine = stop;
    try {
      await send(form, mine);
    } catch (error) {
      if (!mine.signal.aborted) show(form.querySelector("output"), `no answer: ${error.message}`, "");
    } finally {
      if (stop === mine) stopButton.hidden = true;
    }
  });
  stopButton.addEventListener("click", () => stop && stop.abort());
  const copyButton = form.querySelector('[data-do="copy"]');
  copyButton.addEventListener("click", () => copy(form, copyButton).catch((error) => {
    show(form.querySelector("output"), `not copied: ${error.message}`, "");
  }));
}
