/** What a client is told when it is made. */
export interface Options {
  /** Where Symbolon is: an origin, or an address that its routes are taken from. Default: the page's own origin. */
  base?: string;
  /** `v1`, the default, or `s3`: the routes of the yudao family (`/system/auth/…`). */
  routes?: "v1" | "s3";
  /**
   * Where the tokens are. `local`, the default: in `localStorage`, for all tabs. `memory`: in this page alone. `cookie`:
   * in cookies that no script sees (docs/browsers.md). Or a place of your own.
   */
  storage?: "local" | "memory" | "cookie" | Storage;
  /** Name of what is stored and of the lock. Default `symbolon`. Another one keeps a second session. */
  name?: string;
  /** Further origins whose requests carry the token, besides the page's and that of `base`. */
  origins?: string[];
  /**
   * Nobody is logged in any more: called once in each tab for each session that is lost, whatever was under way. `reason`
   * is Symbolon's word (`expired`, `idle`, `logged_out`, `kicked`, `replaced`, `banned`, `password_changed`,
   * `reuse_detected`, …), `absent` where there was no session, `forgotten` where its tokens were dropped.
   */
  onLogInNeeded?: (reason: string) => void;
  /** Another tab has begun another session: what this page shows may be somebody else's. */
  onSession?: (session: Session) => void;
}

/** Whose session it is. */
export interface Session {
  subject: string;
  /** Left out by the routes `s3`. */
  session_id?: string;
}

/** A place for what a client keeps. Its values are objects that JSON can hold; they contain tokens. */
export interface Storage {
  /** Whether all tabs of the origin see the same: then they renew in turn. */
  shared: boolean;
  read(): object | null;
  write(record: object): void;
  /** Calls with what another tab has written, and gives what ends that. */
  watch(changed: (record: object | null) => void): () => void;
}

/** The body of a log-in. */
export interface Credentials {
  username: string;
  password: string;
  /** Whether the session outlives the browser, with the lives of `session.remember`. */
  remember?: boolean;
  device?: { id?: string; kind?: string; name?: string };
  client_id?: string;
}

/** What a log-out answers (`POST /v1/logout`). With the routes `s3`: the answer's envelope. */
export interface Receipt {
  revoked?: boolean;
  already?: boolean;
  seq?: number;
  /** Effective on every node, */
  effective?: "now";
  /** or by then. */
  effective_by?: string | null;
  effective_in_ms?: number;
}

/** What Symbolon has refused, or could not do. It never holds a token. */
export class SymbolonError extends Error {
  /** The status of the answer; 0 where there was none. */
  readonly status: number;
  /** Symbolon's word for it, such as `invalid_credentials` or `throttled`. */
  readonly code?: string;
  /** Why a token was refused, such as `kicked`. */
  readonly reason?: string;
  /** Seconds after which it may be tried again. */
  readonly retryAfter?: number;
}

/** One person's session, for all requests of a page. */
export class Symbolon {
  constructor(options?: Options);

  /** Whose session this browser has, as far as it knows. */
  readonly session: Session | null;

  /**
   * As the browser's own `fetch`. A request to the page's origin, Symbolon's, or one of `origins` carries the token,
   * unless it has an `Authorization` of its own; others go as they are.
   *
   * 401: the session is lost, and `onLogInNeeded` was called; or the answer is not about the session. Where it is not
   * known whether the session goes on: the answer that said so, such as 503, or a rejection.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;

  /** Logs in. The proof of a known device is kept and sent along. Rejected with a `SymbolonError`. */
  logIn(credentials: Credentials): Promise<Session>;

  /**
   * Takes the tokens of an answer that this client did not ask for: a log-in through the application, a password that
   * was changed or confirmed.
   */
  adopt(body: object): Session;

  /**
   * Logs out, in all tabs, once the session has ended. A `SymbolonError` with the status 503 or 0 says that this is not
   * known: the tokens are kept, and it should be tried again.
   */
  logOut(): Promise<Receipt>;

  /** Drops the tokens in all tabs and asks nobody: the session itself lives on until it expires. */
  forget(): void;

  /** Exchanges the pair now. Whether there is a live session afterwards; rejected where that is not known. */
  renew(): Promise<boolean>;

  /** Lets go of the page's events. */
  close(): void;

  /** The way of one request with all its repetitions, for adapters of other HTTP libraries. Null: it is not ours. */
  passage(url: string, method: string, hasAuthorization?: boolean): Passage | null;
}

/** What a passage says of an answer: it is its caller's, */
export const DELIVER: unique symbol;
/** or the request is to be sent again. */
export const REPEAT: unique symbol;

/** One request with all its repetitions. */
export interface Passage {
  /** Whether cookies have to go along to another origin. */
  readonly withCredentials: boolean;
  /** The headers of the next attempt, by name and value. */
  headers(): [string, string][];
  /** What becomes of an answer: `DELIVER`, `REPEAT`, or the answer in its place. */
  judge(
    answer: {
      status: number;
      header(name: string): string | null | undefined;
      body(): Promise<object | null>;
    },
    signal?: AbortSignal,
  ): Promise<typeof DELIVER | typeof REPEAT | Response>;
}
