/** Symbolon for axios: the same as `Symbolon.fetch`, as interceptors of an instance. axios itself is not imported. */

import { DELIVER, REPEAT } from "./symbolon.js";

/** Has the requests of `axios`, an instance of axios, carry the session of `client`. Gives what undoes it. */
export function attach(axios, client) {
  const onRequest = axios.interceptors.request.use((config) => dressed(config, client));
  const onAnswer = axios.interceptors.response.use(
    (answer) => settled(axios, answer.config, answer, null),
    (error) => settled(axios, error?.config, error?.response, error),
  );
  return () => {
    axios.interceptors.request.eject(onRequest);
    axios.interceptors.response.eject(onAnswer);
  };
}

function dressed(config, client) {
  const has = headerOf(config.headers, "Authorization") !== undefined;
  // A repeated request has its passage, and the headers of the attempt before.
  const passage = config.symbolon ?? client.passage(urlOf(config), config.method ?? "get", has);
  if (!passage) return config;
  config.symbolon = passage;
  config.headers ??= {};
  for (const [name, value] of passage.headers()) config.headers[name] = value;
  if (passage.withCredentials) config.withCredentials = true;
  return config;
}

/** Hands an answer on, repeats its request, or puts another in its place. `error` is axios' own, where it made one. */
async function settled(axios, config, answer, error) {
  const passage = config?.symbolon;
  if (!passage || !answer) return delivered(answer, error);
  const header = (name) => headerOf(answer.headers, name);
  const read = { status: answer.status, header, body: async () => objectIn(answer.data) };
  const verdict = await passage.judge(read, config.signal).finally(() => {
    // Errors and answers of axios hold their request, and are logged as they are.
    delete config.headers.Authorization;
  });
  if (verdict === DELIVER) return delivered(answer, error);
  if (verdict === REPEAT) return axios.request(config);
  throw await inPlace(config, verdict, error);
}

function delivered(answer, error) {
  if (error) throw error;
  return answer;
}

/** An error of axios with the answer that said that it is not known whether the session goes on. */
async function inPlace(config, said, error) {
  const text = await said.clone().text();
  const response = {
    status: said.status,
    statusText: said.statusText,
    headers: Object.fromEntries(said.headers),
    data: objectIn(text) ?? text,
    config,
    request: error?.request,
  };
  const fault = error ?? Object.assign(new Error(), { name: "AxiosError", isAxiosError: true, config });
  const message = `Request failed with status code ${said.status}`;
  const code = said.status < 500 ? "ERR_BAD_REQUEST" : "ERR_BAD_RESPONSE";
  return Object.assign(fault, { message, code, status: said.status, response });
}

/** Where axios sends it. */
function urlOf({ url = "", baseURL, allowAbsoluteUrls }) {
  const isAbsolute = allowAbsoluteUrls !== false && /^([a-z][a-z\d+\-.]*:)?\/\//i.test(url);
  if (!baseURL || isAbsolute) return url;
  return url ? `${baseURL.replace(/\/?\/$/, "")}/${url.replace(/^\/+/, "")}` : baseURL;
}

/** A header of axios 1, which has a type for them, or of an older one. */
function headerOf(headers, name) {
  if (!headers) return undefined;
  if (typeof headers.get === "function") return headers.get(name) ?? undefined;
  const entries = Object.entries({ ...headers.common, ...headers });
  return entries.find(([own]) => own.toLowerCase() === name.toLowerCase())?.[1];
}

function objectIn(data) {
  if (typeof data !== "string") return data;
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}
