import type { Logger } from 'pino'

/** A part of the daemon that can fail temporarily. */
export type Fault = 'commits' | 'reads' | 'descriptors'

/** Log message when a fault begins. */
const BEGINS: Readonly<Record<Fault, string>> = {
  commits: 'cannot commit; lines are answered with an error until it works again',
  descriptors: 'cannot take connections; clients are refused until there are file descriptors again',
  reads: 'cannot read what is stored; requests for it are answered with an error until it works again',
}
/** Log message when a fault ends. */
const ENDS: Readonly<Record<Fault, string>> = {
  commits: 'commits work again',
  descriptors: 'connections are taken again',
  reads: 'reads work again',
}

interface Present {
  reason: string
  /** Reasons that are logged. */
  readonly logged: Set<string>
}

/** The current faults. Each is logged when it begins, once for each reason, and when it ends. */
export class Faults {
  readonly #log: Logger
  readonly #present = new Map<Fault, Present>()

  constructor(log: Logger) {
    this.#log = log
  }

  begin(fault: Fault, reason: string): void {
    const present = this.#present.get(fault) ?? { reason, logged: new Set() }
    this.#present.set(fault, present)
    present.reason = reason
    if (present.logged.has(reason)) return
    present.logged.add(reason)
    this.#log.error({ reason }, BEGINS[fault])
  }

  end(fault: Fault): void {
    if (this.#present.delete(fault)) this.#log.info(ENDS[fault])
  }

  /** Reason of the first current fault; undefined if there is none. */
  get reason(): string | undefined {
    return this.#present.values().next().value?.reason
  }

  /** Yields every fault, with true if it is current. */
  *[Symbol.iterator](): Generator<readonly [fault: Fault, present: boolean]> {
    // The keys are those of the table.
    for (const fault of Object.keys(BEGINS) as Fault[]) yield [fault, this.#present.has(fault)]
  }
}
