import type { ProtocolName } from './protocols/protocols.ts'
import { type Session, shown } from './session.ts'

/** A session that was played when something went wrong. */
export interface Suspect {
  readonly protocol: ProtocolName
  readonly seed: number
  readonly parts: number
  readonly session: Session
}

export class FuzzFailure extends Error {
  override name = 'FuzzFailure'

  /** `suspects`: the session that has failed, or all that went on, the newest last. */
  constructor(reason: string, suspects: readonly Suspect[]) {
    const replays = suspects.map(
      ({ protocol, seed, parts }) => `replay: --protocol ${protocol} --parts ${parts} --seed ${seed}`,
    )
    const last = suspects.at(-1)
    super([reason, ...replays, ...(last ? [shown(last.session)] : [])].join('\n'))
  }
}
