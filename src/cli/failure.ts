/** Exit statuses of the client's commands (docs/command-line.md). */
export const EXIT = {
  done: 0,
  /** The server has refused it. */
  refused: 1,
  /** Wrong use of the command. */
  misuse: 2,
  /** The server cannot be reached or cannot do it now: EX_TEMPFAIL of sysexits.h. */
  unavailable: 75,
} as const

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT]

/** Ends a command with a line on standard error and a status. */
export class CommandFailure extends Error {
  override name = 'CommandFailure'
  readonly status: ExitStatus

  constructor(status: ExitStatus, message: string, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/** Returns the failure of a wrong use. */
export function misuse(message: string): CommandFailure {
  return new CommandFailure(EXIT.misuse, message)
}
