/** The telnet protocol (RFC 854), as far as a server needs it that has no options. */

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
/** A client that has sent DO TIMING-MARK may throw away what it gets until this is answered (RFC 860). */
const TIMING_MARK = '\x06'

/** How a terminal is told the same. */
const KEYS: Readonly<Record<string, string>> = { [ERASE_CHARACTER]: '\b', [ERASE_LINE]: '\x1b[2K\x1b[G' }

export interface TelnetAnswers {
  /** Sends bytes of the telnet protocol. */
  negotiate(bytes: Buffer): void
  /** Answers ARE-YOU-THERE. */
  areYouThere(): void
}

/**
 * Takes telnet's commands out of a stream of bytes, and answers those that ask for an answer. Whatever the client asks for is
 * refused, and its own refusals are not answered, so that no negotiation goes on for ever.
 */
export class Telnet {
  /** Whether the client has sent a command. */
  spoken = false
  readonly #answers: TelnetAnswers
  /** A command that the last chunk has begun. */
  #begun = ''
  /** Within a subnegotiation. The end of the line ends it too. */
  #within = false

  constructor(answers: TelnetAnswers) {
    this.#answers = answers
  }

  /** The text of a chunk; bytes as characters, here and there. */
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
        // Of an IAC whose command has gone as urgent data, or that is itself escaped, nothing is left.
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

  /** Where a subnegotiation ends, or the bytes do. */
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
