/** The telnet protocol (RFC 854) of a server without options. */

const IAC = '\xff'
const WILL = '\xfb'
const WONT = '\xfc'
const DO = '\xfd'
const DONT = '\xfe'
const SUBNEGOTIATION = '\xfa'
const SUBNEGOTIATION_END = /\xff\xf0|\n/g
const ARE_YOU_THERE = '\xf6'
const ERASE_CHARACTER = '\xf7'
const ERASE_LINE = '\xf8'
/** Telnet option TIMING-MARK: the client may discard output until the reply (RFC 860). */
const TIMING_MARK = '\x06'

/** Control characters of a terminal for telnet's editing commands. */
const KEYS: Readonly<Record<string, string>> = { [ERASE_CHARACTER]: '\b', [ERASE_LINE]: '\x1b[2K\x1b[G' }

interface TelnetAnswers {
  /** Sends telnet commands. */
  negotiate(bytes: Buffer): void
  /** Replies to ARE-YOU-THERE. */
  areYouThere(): void
}

/**
 * Removes telnet commands from a stream of bytes and replies to them. Refuses every option that the client requests or offers; does
 * not reply to refusals, which would cause a negotiation loop.
 */
export class Telnet {
  /** True if the client has sent a telnet command. */
  spoken = false
  readonly #answers: TelnetAnswers
  /** The incomplete command at the end of the last chunk. */
  #begun = ''
  /** True within a subnegotiation, which the end of the line also ends. */
  #within = false

  constructor(answers: TelnetAnswers) {
    this.#answers = answers
  }

  /** Returns the text of a chunk without telnet commands, as latin1 characters. */
  take(chunk: string): string {
    if (this.#begun === '' && !this.#within && !chunk.includes(IAC)) return chunk
    const bytes = this.#begun + chunk
    this.#begun = ''
    let text = ''
    let replies = ''
    let asked = false
    for (let at = 0; at < bytes.length; ) {
      if (this.#within) {
        at = this.#skip(bytes, at)
        continue
      }
      const start = bytes.indexOf(IAC, at)
      text += bytes.slice(at, start < 0 ? bytes.length : start)
      if (start < 0) break
      const command = bytes.charAt(start + 1)
      const option = bytes.charAt(start + 2)
      const isOption = command >= WILL && command <= DONT
      if (command === '' || (isOption && option === '')) {
        this.#begun = bytes.slice(start)
        break
      }
      at = start + 2
      if (command === IAC || command < '\xf0') {
        // Drops an escaped IAC, and an IAC whose command was sent as urgent data.
        at = start + 1
      } else if (isOption && option !== '\n') {
        replies += replyTo(command, option)
        at = start + 3
      } else {
        this.#within = command === SUBNEGOTIATION
        asked ||= command === ARE_YOU_THERE
        text += KEYS[command] ?? ''
      }
      this.spoken ||= at > start + 1
    }
    if (replies !== '') this.#answers.negotiate(Buffer.from(replies, 'latin1'))
    if (asked) this.#answers.areYouThere()
    return text
  }

  /** Returns the offset of the end of a subnegotiation, or of the bytes. */
  #skip(bytes: string, at: number): number {
    SUBNEGOTIATION_END.lastIndex = at
    const end = SUBNEGOTIATION_END.exec(bytes)
    if (!end) {
      if (bytes.endsWith(IAC)) this.#begun = IAC
      return bytes.length
    }
    this.#within = false
    return end[0] === '\n' ? end.index : SUBNEGOTIATION_END.lastIndex
  }
}

function replyTo(command: string, option: string): string {
  if (command === DO) return IAC + (option === TIMING_MARK ? WILL : WONT) + option
  return command === WILL ? IAC + DONT + option : ''
}
