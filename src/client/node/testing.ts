export interface StartOptions {
  /** Options of the daemon by their names, such as `{ 'max-rate': 0 }`. */
  readonly options?: Readonly<Record<string, string | number | boolean>>
}

/** A daemon in a process of its own, on ports that the system has chosen, with a temporary data folder. */
export interface TestRoomd extends AsyncDisposable {
  /** `tcp://127.0.0.1:port`. */
  readonly url: string
  /** `http://127.0.0.1:port`. */
  readonly http: string
  /** Stops the daemon and removes its data. */
  stop(): Promise<void>
}

/** Starts a daemon of the installed package. Rejects with its last words when it does not start. */
export declare function startRoomd(options?: StartOptions): Promise<TestRoomd>
