/** The lines of the senders. */

/** Lines of one sender, numbered from 0; text and key of a line follow from its number, so a later process repeats what an earlier one said. */
export interface Sending {
  readonly ports: Ports
  readonly room: string
  readonly nickname: string
  readonly password: string
  /** Number of the first line to say: all before it are acknowledged. */
  readonly from: number
}

/** Ports of the server. */
export interface Ports {
  readonly line: number
  readonly http: number
}

/** A sender that is stopped, killed and started again while it says its lines. */
export interface Sender {
  /** The lines whose places in the room are checked. */
  readonly sent: readonly SentLines[]
  /** Descriptions of acknowledgements that were not expected, and last words of processes that gave up. */
  readonly problems: readonly string[]
  /** Kills the process; another one goes on. */
  kill(): void
  /** Resolves when a line is acknowledged that was not before. */
  progress(): Promise<void>
  /** Resolves when every line that was begun is acknowledged. */
  end(): Promise<void>
  /** Kills the process for good. */
  close(): void
}

export interface SentLines {
  readonly nickname: string
  /** Number of lines that were acknowledged; a process that is killed may have said more. */
  readonly acknowledged: number
}

export function textOf(nickname: string, number: number): string {
  return `${nickname} says ${number}`
}
