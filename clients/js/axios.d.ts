import type { Symbolon } from "./symbolon.js";

/** Of an instance of axios, what is needed of it. */
export interface Axios {
  request(config: any): Promise<any>;
  interceptors: { request: Interceptors; response: Interceptors };
}

interface Interceptors {
  use(fulfilled?: any, rejected?: any): number;
  eject(id: number): void;
}

/** Has the requests of an instance of axios carry the session of a client. Gives what undoes it. */
export function attach(axios: Axios, client: Symbolon): () => void;
