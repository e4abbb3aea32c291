/**
 * Symbolon in a browser: a `fetch` that carries the token of a session, renews it once for all tabs of the origin when
 * it has expired, and says when a person has to log in again.
 *
 * A session is lost only by Symbolon's own word: its 401 to a refresh. A 503, no answer, or the 401 of something that
 * stands between loses nothing. No clock is read: what has expired is what was refused.
 */

/** How long a renewal may take, with the wait for another tab's, before the caller is told that it is not known. */
const RENEWAL_MS = 20_000;
/** One try of it: longer than the server takes for anything that it answers at all. */
const TRY_MS = 8_000;
/** The tries of one renewal and of one log-out. Repeating either is safe: a repeated refresh gives the same pair. */
const TRIES = 4;
/** Before the second try; then twice as long each time. A lost answer is asked for again soon, a busy server later. */
const PAUSE_MS = 250;
/** How often a request that was answered 503 with Retry-After is repeated for its caller, */
const BUSY_TRIES = 2;
/** and the longest wait for that. Beyond it the caller gets the 503. */
const BUSY_WAIT_MS = 5_000;
/** For how long a 401 is left alone that the renewed token got too: it is about something else than the token's age. */
const FUTILE_MS = 10_000;
/** How long a tab waits for what another one wrote. Browsers take milliseconds. */
const SETTLE_MS = 500;
/** Known devices are kept for so many names: a family's, not those of a library's computer. */
const DEVICES_MAX = 8;

/** Methods that may be repeated unasked (RFC 9110, section 9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
/** A 401 with one of these codes is about a password that was typed, not about the session. */
const ABOUT_A_PASSWORD = new Set(["invalid_credentials", "reauth_required"]);

/** The routes of Symbolon, and those of the yudao family that it answers as well. */
const ROUTES = {
  v1: {
    logIn: "/v1/login",
    refresh: "/v1/refresh",
    logOut: "/v1/logout",
    ask: (refresh) => ({ refresh_token: refresh }),
    read: (body) => ({
      access: body.access_token,
      refresh: body.refresh_token,
      session_id: body.session_id,
      subject: body.subject,
    }),
    isDone: () => true,
    isRefusal: (body) => body.code === "invalid_token",
    fault: ({ code, reason, detail }) => ({ code, reason, detail }),
  },
  s3: {
    logIn: "/system/auth/login",
    refresh: "/system/auth/refresh-token",
    logOut: "/system/auth/logout",
    ask: (refresh) => ({ refreshToken: refresh }),
    read: ({ data }) => ({ access: data?.accessToken, refresh: data?.refreshToken, subject: data?.userId }),
    // A wrong password is HTTP 200 with another code.
    isDone: (body) => body.code === 0,
    isRefusal: (body) => body.code === 401,
    fault: ({ code, msg }) => ({ code: String(code), detail: msg }),
  },
};

/** What Symbolon has refused, or could not do. It never holds a token. */
export class SymbolonError extends Error {
  constructor(message, { status = 0, code, reason, retryAfter, cause } = {}) {
    super(message, cause && { cause });
    this.name = "SymbolonError";
    /** The status of the answer; 0 where there was none. */
    this.status = status;
    /** Symbolon's word for it, such as `invalid_credentials` or `throttled`. */
    this.code = code;
    /** Why a token was refused, such as `kicked`. */
    this.reason = reason;
    /** Seconds after which it may be tried again. */
    this.retryAfter = retryAfter;
  }
}

/** One person's session, for all requests of a page. */
export class Symbolon {
  #base;
  #routes;
  #hasCookies;
  #storage;
  #devices;
  #lock;
  #marks;
  #origins;
  #onLogInNeeded;
  #onSession;
  #unwatch;
  /** The renewal that is under way in this page. All its requests wait for the same one. */
  #renewal = null;
  /** Whether this page was told that nobody is logged in. */
  #isTold = false;
  /** Whose session this page was last told of. */
  #shown;
  /** The record that was renewed in vain, and until when that is believed. */
  #futile = { id: null, until: 0 };

  constructor(options = {}) {
    const { base = "", routes = "v1", storage = "local", name = "symbolon", origins = [] } = options;
    const here = globalThis.location?.href;
    this.#base = new URL(base || "/", here);
    this.#routes = ROUTES[routes];
    this.#hasCookies = storage === "cookie";
    if (!this.#routes) throw new TypeError("routes has to be v1 or s3");
    if (this.#hasCookies && routes !== "v1") throw new TypeError("only the routes v1 know cookies");
    this.#storage = chosen(storage, name);
    this.#devices = this.#storage.shared && !this.#hasCookies ? inLocalStorage(`${name}.devices`) : inMemory();
    this.#lock = `${name}.renewal`;
    this.#marks = this.#storage.shared ? new Marks(name) : null;
    this.#origins = new Set([this.#base, here, ...origins].filter(Boolean).map(originOf));
    this.#onLogInNeeded = options.onLogInNeeded ?? (() => {});
    this.#onSession = options.onSession ?? (() => {});
    this.#shown = whose(this.#storage.read());
    this.#unwatch = this.#storage.watch((record) => this.#heard(record));
    // So that it can be handed on as a function.
    this.fetch = this.fetch.bind(this);
  }

  /** Whose session this browser has, as far as it knows: `{ subject, session_id }`, or null. */
  get session() {
    const record = this.#storage.read();
    return isLive(record) ? { subject: record.subject, session_id: record.session_id } : null;
  }

  /**
   * As the browser's own `fetch`. A request to the page's origin, Symbolon's, or one of `origins` carries the token,
   * unless it has an `Authorization` of its own; others go as they are.
   *
   * It gives the 401 of a lost session after `onLogInNeeded` was called. Where it is not known whether the session goes
   * on, it gives the answer that said so (503), or is rejected as any request without an answer.
   */
  async fetch(input, init) {
    const request = new Request(input, init);
    const passage = this.passage(request.url, request.method, request.headers.has("Authorization"));
    if (!passage) return fetch(request);
    for (;;) {
      // A body can be sent once, so each attempt has its own.
      const copy = request.clone();
      const attempt = passage.withCredentials ? new Request(copy, { credentials: "include" }) : copy;
      for (const [name, value] of passage.headers()) attempt.headers.set(name, value);
      const answer = await fetch(attempt);
      const read = { status: answer.status, header: (name) => answer.headers.get(name), body: () => bodyOf(answer) };
      const verdict = await passage.judge(read, request.signal);
      if (verdict === DELIVER) return answer;
      answer.body?.cancel().catch(() => {});
      if (verdict !== REPEAT) return verdict.clone();
    }
  }

  /**
   * The way of one request with all its repetitions, for adapters of other HTTP libraries. Null: it is not ours, and
   * carries nothing.
   */
  passage(url, method, hasAuthorization = false) {
    const origin = originOf(url);
    if (hasAuthorization || !this.#origins.has(origin)) return null;
    const withCredentials = this.#hasCookies && origin !== globalThis.location?.origin;
    return new Passage(method.toUpperCase(), withCredentials, {
      read: () => this.#storage.read(),
      hasCookies: this.#hasCookies,
      renewed: (seen) => this.#renewed(seen),
      replaced: (seen, access) => this.#replaced(seen, access),
      isFutile: (id) => this.#futile.id === id && performance.now() < this.#futile.until,
      futile: (id) => {
        this.#futile = { id, until: performance.now() + FUTILE_MS };
      },
    });
  }

  /**
   * Logs in. `credentials` is the body of the route: `{ username, password, remember, device }`. The proof of a known
   * device is kept and sent along, so that whoever guesses elsewhere cannot keep this browser waiting.
   */
  async logIn(credentials) {
    const devices = this.#devices.read()?.known ?? [];
    const [, device] = devices.find(([name]) => name === credentials.username) ?? [];
    const body = { ...credentials };
    if (device) body.known_device ??= device;
    if (this.#hasCookies) body.cookie = true;
    const answer = await this.#post(this.#routes.logIn, body, this.#storage.read()?.access).catch((cause) => {
      throw new SymbolonError("logging in: no answer", { cause });
    });
    const said = await this.#said(answer, "logging in");
    if (said.known_device) {
      const others = devices.filter(([name]) => name !== credentials.username);
      const known = [[credentials.username, said.known_device], ...others].slice(0, DEVICES_MAX);
      this.#devices.write({ known });
    }
    return this.adopt(said);
  }

  /**
   * Takes the tokens of an answer that this client did not ask for: a log-in through the application, a password that
   * was changed or confirmed. `body` is the answer as the route gave it.
   */
  adopt(body) {
    const pair = this.#routes.read(body);
    if (!pair.access && !this.#hasCookies) throw new TypeError("the answer has no access token");
    this.#write(pair);
    return this.session;
  }

  /**
   * Logs out, in all tabs, and gives the receipt once the session has ended.
   *
   * A `SymbolonError` with the status 503 or 0 says that this is not known: the tokens are kept, and it should be tried
   * again. `forget` drops them all the same.
   */
  async logOut() {
    const record = this.#storage.read();
    if (!this.#hasCookies && !isLive(record)) return { revoked: false };
    const inBody = record?.refresh && this.#routes === ROUTES.v1;
    const body = inBody ? this.#routes.ask(record.refresh) : undefined;
    // One that has expired is proof enough.
    const asked = () => this.#post(this.#routes.logOut, body, inBody ? undefined : record?.access);
    // Cleared cookies take what is stored along, and this tab hears of it before it has the answer.
    const wasTold = this.#isTold;
    this.#isTold = true;
    try {
      const answer = await patiently(asked, isFinal, performance.now() + RENEWAL_MS).catch((cause) => {
        throw new SymbolonError("logging out: no answer", { cause });
      });
      // 401: there is no cookie any more.
      const receipt = answer.status === 401 ? { revoked: false } : await this.#said(answer, "logging out");
      this.#end("logged_out");
      return receipt;
    } catch (fault) {
      this.#isTold = wasTold;
      throw fault;
    }
  }

  /** Drops the tokens in all tabs and asks nobody: the session itself lives on until it expires. */
  forget() {
    this.#end("forgotten");
  }

  /** Exchanges the pair now. Whether there is a live session afterwards; rejected where that is not known. */
  async renew() {
    const { record, answer } = await this.#renewed(this.#storage.read());
    if (answer) throw await faultOf(this.#routes, answer, "renewing the session");
    return Boolean(record);
  }

  /** Lets go of the page's events. The object is of no use afterwards. */
  close() {
    this.#unwatch();
    this.#marks?.close();
  }

  /** One renewal at a time in this page; by the lock one in all its tabs. */
  #renewed(seen) {
    this.#renewal ??= this.#exchanged(seen).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  /** `{ record }`: go on with it. `{ lost }`: log in. `{ answer }`: it is not known, in the server's words. */
  async #exchanged(seen) {
    const locks = this.#storage.shared ? globalThis.navigator?.locks : undefined;
    const until = performance.now() + RENEWAL_MS;
    const inTurn = () => this.#exchangedInTurn(seen, until);
    try {
      // The signal ends the wait for the lock alone; who has it ends by itself.
      const waits = { signal: AbortSignal.timeout(RENEWAL_MS) };
      return await (locks ? locks.request(this.#lock, waits, inTurn) : inTurn());
    } catch (cause) {
      throw new SymbolonError("it is not known whether the session goes on: no answer", { cause });
    }
  }

  async #exchangedInTurn(seen, until) {
    await this.#marks?.settled(() => this.#storage.read()?.id);
    const used = this.#storage.read();
    const isNews = used?.id !== seen?.id;
    if (isNews && isLive(used)) return { record: used };
    const canAsk = this.#hasCookies ? !(isNews && used?.lost) : used?.refresh;
    if (!canAsk) return this.#lost(used, used?.lost ?? "absent");
    const asked = async () => {
      const answer = await this.#post(this.#routes.refresh, used?.refresh && this.#routes.ask(used.refresh));
      return { answer, body: await bodyOf(answer), status: answer.status, headers: answer.headers };
    };
    // Something without a body of ours, or cut off in its middle, is no answer of Symbolon.
    const { answer, body } = await patiently(asked, (tried) => tried.body && isFinal(tried), until);
    return this.#decided(used, answer, body);
  }

  /** What the answer to a refresh by `used` means. */
  async #decided(used, answer, body) {
    const now = this.#storage.read();
    // Somebody has logged in or out meanwhile: it is about what was before.
    if (now?.id !== used?.id) return isLive(now) ? { record: now } : this.#lost(now, now?.lost ?? "absent");
    if (answer.status === 401 && body && this.#routes.isRefusal(body)) {
      const lost = this.#lost(used, body.reason ?? "refused");
      await this.#marks?.leave(used?.id);
      return lost;
    }
    const pair = answer.ok && body && this.#routes.isDone(body) && this.#routes.read(body);
    if (pair && (pair.access || this.#hasCookies)) {
      const record = this.#write({ ...used, ...defined(pair) });
      await this.#marks?.leave(used?.id);
      return { record };
    }
    // Whoever reads 401 logs a person out, and this one proves nothing.
    if (answer.ok || answer.status === 401) throw new TypeError("what answered the refresh is not Symbolon");
    return { answer };
  }

  /** A token near its end that has no refresh token beside it is replaced by an answer to any request. */
  #replaced(seen, access) {
    const now = this.#storage.read();
    if (now?.id === seen?.id && now?.access && !now.refresh) this.#write({ ...now, access });
  }

  #post(path, body, access) {
    const headers = { "Content-Type": "application/json" };
    if (access) headers.Authorization = `Bearer ${access}`;
    if (this.#hasCookies) headers["X-Symbolon"] = "1";
    return fetch(new URL(path, this.#base), {
      method: "POST",
      headers,
      body: body && JSON.stringify(body),
      credentials: this.#hasCookies ? "include" : "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(TRY_MS),
    });
  }

  /** The body of an answer that did what it was asked to. */
  async #said(answer, doing) {
    const body = answer.ok && (await bodyOf(answer));
    if (!body || !this.#routes.isDone(body)) throw await faultOf(this.#routes, answer, doing);
    return body;
  }

  #write(record) {
    const next = { ...record, id: newId() };
    delete next.lost;
    this.#storage.write(next);
    this.#isTold = false;
    this.#shown = whose(next);
    return next;
  }

  /** The session is over, by Symbolon's word. Each tab says so once. */
  #lost(used, reason) {
    if (isLive(used)) this.#storage.write({ id: newId(), lost: reason });
    this.#tell(reason);
    return { lost: reason };
  }

  /** The person of this tab has ended it, and need not be told. */
  #end(reason) {
    this.#isTold = true;
    this.#shown = undefined;
    this.#storage.write({ id: newId(), lost: reason });
  }

  /** Another tab has written. */
  #heard(record) {
    if (!isLive(record)) {
      this.#tell(record?.lost ?? "forgotten");
      return;
    }
    this.#isTold = false;
    if (whose(record) === this.#shown) return;
    this.#shown = whose(record);
    guarded(() => this.#onSession(this.session));
  }

  #tell(reason) {
    this.#shown = undefined;
    if (this.#isTold) return;
    this.#isTold = true;
    guarded(() => this.#onLogInNeeded(reason));
  }
}

/** What a passage says of an answer: it is its caller's, */
export const DELIVER = Symbol("deliver");
/** or the request is to be sent again, with the headers as they are then. */
export const REPEAT = Symbol("repeat");

/** One request with all its repetitions. */
class Passage {
  #method;
  #client;
  #seen = null;
  #isRenewed = false;
  #busy = 0;

  constructor(method, withCredentials, client) {
    this.#method = method;
    this.#client = client;
    /** Whether cookies have to go along to another origin. */
    this.withCredentials = withCredentials;
  }

  /** The headers of the next attempt, by name and value. */
  headers() {
    this.#seen = this.#client.read();
    if (this.#client.hasCookies) return [["X-Symbolon", "1"]];
    return this.#seen?.access ? [["Authorization", `Bearer ${this.#seen.access}`]] : [];
  }

  /**
   * What becomes of an answer `{ status, header(name), body() }`: `DELIVER`, `REPEAT`, or the answer in its place.
   * Rejected where the renewal had no answer, and as soon as the signal says that nobody waits any more.
   */
  async judge({ status, header, body }, signal) {
    if (status === 503) return this.#afterBusy(header("Retry-After"), signal);
    const access = header("X-Symbolon-Token");
    if (access && !this.#client.hasCookies) this.#client.replaced(this.#seen, access);
    if (status !== 401) return DELIVER;
    const id = this.#seen?.id;
    if (this.#isRenewed) this.#client.futile(id);
    if (this.#isRenewed || this.#client.isFutile(id)) return DELIVER;
    if (ABOUT_A_PASSWORD.has((await body())?.code)) return DELIVER;
    const { record, answer } = await withSignal(this.#client.renewed(this.#seen), signal);
    if (answer) return answer;
    if (!record) return DELIVER;
    this.#isRenewed = true;
    return REPEAT;
  }

  async #afterBusy(retryAfter, signal) {
    const wait = milliseconds(retryAfter);
    if (!IDEMPOTENT.has(this.#method) || wait > BUSY_WAIT_MS || this.#busy === BUSY_TRIES) return DELIVER;
    this.#busy += 1;
    await withSignal(pause(wait), signal);
    return REPEAT;
  }
}

/**
 * Which record was replaced last, in a place that is the same for all tabs at every moment. No token is kept here.
 *
 * A browser tells its processes of a change in `localStorage` some time later, and may hand the lock on before. So who
 * renews leaves here what it has replaced, and who is next waits until `localStorage` does not show that any more.
 * Where this fails a tab asks once more than it need, and is given the same pair.
 */
class Marks {
  #name;
  #database;

  constructor(name) {
    this.#name = name;
  }

  /** Leaves word that the record of that id is no more. */
  async leave(id) {
    if (id) await this.#do("readwrite", (marks) => marks.put(id, "replaced"));
  }

  /** Waits until `shown()` is not what was replaced. */
  async settled(shown) {
    const replaced = await this.#do("readonly", (marks) => marks.get("replaced"));
    const until = performance.now() + SETTLE_MS;
    while (replaced !== undefined && shown() === replaced && performance.now() < until) await pause(5);
  }

  close() {
    this.#database?.then((database) => database.close()).catch(() => {});
  }

  async #do(mode, work) {
    try {
      this.#database ??= opened(this.#name);
      const marks = (await this.#database).transaction("marks", mode, { durability: "relaxed" }).objectStore("marks");
      return await promised(work(marks));
    } catch {
      // Refused in some private windows, or closed because the site's data was cleared.
      this.#database = undefined;
      return undefined;
    }
  }
}

async function opened(name) {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("marks");
  const database = await promised(opening);
  database.onversionchange = () => database.close();
  return database;
}

function promised(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** `storage`: where a page's record is read and written. Both of them at once, without a promise. */
function chosen(storage, name) {
  if (typeof storage === "object") return storage;
  if (storage === "memory") return inMemory();
  if (!["local", "cookie"].includes(storage)) throw new TypeError("storage has to be local, memory, cookie or an object");
  try {
    localStorage.getItem(name);
    return inLocalStorage(name);
  } catch {
    // The person has forbidden it.
    return inMemory();
  }
}

function inMemory() {
  let record = null;
  return {
    shared: false,
    read: () => record,
    write: (next) => {
      record = next;
    },
    watch: () => () => {},
  };
}

function inLocalStorage(key) {
  const read = () => parsed(localStorage.getItem(key));
  return {
    shared: true,
    read,
    write: (record) => localStorage.setItem(key, JSON.stringify(record)),
    watch: (changed) => {
      const heard = (event) => {
        // Null: all of it was cleared.
        if (event.storageArea === localStorage && [key, null].includes(event.key)) changed(read());
      };
      addEventListener("storage", heard);
      return () => removeEventListener("storage", heard);
    },
  };
}

/** Asks until an answer is enough, a few times. Then it is the last answer, or the last fault. */
async function patiently(ask, isEnough, until) {
  for (let tries = 1, wait = PAUSE_MS; ; tries += 1, wait *= 2) {
    const { answer, fault } = await ask().then(
      (answer) => ({ answer }),
      (fault) => ({ fault }),
    );
    if (answer && isEnough(answer)) return answer;
    const asked = milliseconds(answer?.headers.get("Retry-After"));
    // Not all browsers at the same moment.
    const rest = (Number.isFinite(asked) ? Math.max(wait, asked) : wait) * (1 + Math.random() / 4);
    if (tries === TRIES || performance.now() + rest + TRY_MS > until) {
      if (answer) return answer;
      throw fault;
    }
    await pause(rest);
  }
}

/** Whether asking again would not change it. */
function isFinal({ status }) {
  return status < 500 && ![408, 429].includes(status);
}

async function faultOf(routes, answer, doing) {
  const body = await bodyOf(answer);
  const { code, reason, detail } = (body && routes.fault(body)) ?? {};
  const wait = milliseconds(answer.headers.get("Retry-After")) / 1_000;
  return new SymbolonError(`${doing}: ${detail ?? `status ${answer.status}`}`, {
    status: answer.status,
    code,
    reason,
    retryAfter: Number.isFinite(wait) ? wait : undefined,
  });
}

/** The JSON object of an answer, which stays unread; null where it has none. */
async function bodyOf(answer) {
  try {
    return parsed(await answer.clone().text());
  } catch {
    return null;
  }
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

function isLive(record) {
  return Boolean(record?.id) && !record.lost;
}

function whose(record) {
  return isLive(record) ? (record.session_id ?? record.subject) : undefined;
}

function defined(record) {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function originOf(url) {
  return new URL(url, globalThis.location?.href).origin;
}

/** Infinity where a header does not say how long. */
function milliseconds(retryAfter) {
  return /^\d+$/.test(retryAfter ?? "") ? Number(retryAfter) * 1_000 : Infinity;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A page's own function must not break the request during which it was called. */
function guarded(call) {
  try {
    call();
  } catch (fault) {
    reportError(fault);
  }
}

/** The same work, but nobody waits for it beyond the signal. */
function withSignal(work, signal) {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const gaveUp = () => reject(signal.reason);
    if (signal.aborted) gaveUp();
    signal.addEventListener("abort", gaveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", gaveUp));
  });
}
