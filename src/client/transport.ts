/** A connection that carries lines. */
export interface LineTransport {
  /** Sends one line, given without its end. */
  send(line: string): void
  /** Ends the connection. The listener need not be told. */
  close(): void
  /** Reads nothing for now, or reads on; missing where that cannot be done. */
  pause?(on: boolean): void
}

export interface TransportListener {
  opened(): void
  /** One or more whole lines from the server, with line feeds between them. */
  received(lines: string): void
  /** The connection has ended, or could not be opened, for the reason that the system gives where it gives one. */
  closed(why?: string): void
}

/** Opens a connection. The listener is called only after this has returned. */
export type Dial = (listener: TransportListener) => LineTransport
