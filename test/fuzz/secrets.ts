/** What clients get from the server and send back. In a session, of which the seed decides everything, stand-ins of the same form. */

/** What is searched for in answers: the last one found is sent. */
const PATTERNS = {
  session: /\bsession=([A-Za-z0-9]{32})/g,
  globes: /\bglobes=([^;\s]+)/g,
  key: /"key":\s*"([0-9a-f]{64})"/g,
  token: /"token":\s*"([^"]+)"/g,
} as const

type Secret = keyof typeof PATTERNS

export const PLACEHOLDERS: Readonly<Record<Secret, string>> = {
  session: 'Session'.padEnd(32, 'x'),
  globes: 'Globes'.padEnd(32, 'x'),
  key: 'f00d'.padEnd(64, '0'),
  token: 'Token'.padEnd(32, 'x'),
}
const NAMES = Object.keys(PATTERNS) as Secret[]

/** The newest of each, whichever client it was given to. */
export class Secrets {
  readonly #known = new Map<Secret, string>()

  learn(received: Buffer): void {
    const text = received.toString('latin1')
    for (const name of NAMES) {
      for (const [, value] of text.matchAll(PATTERNS[name])) if (value) this.#known.set(name, value)
    }
  }

  /** Bytes with the known in place of their stand-ins. */
  fillIn(bytes: Buffer): Buffer {
    const text = bytes.toString('latin1')
    const filled = NAMES.reduce(
      (text, name) => text.replaceAll(PLACEHOLDERS[name], this.#known.get(name) ?? '$&'),
      text,
    )
    return filled === text ? bytes : Buffer.from(filled, 'latin1')
  }
}
