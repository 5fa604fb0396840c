import { MAX_LINES } from './caps.ts'
import { isRequest } from './ctcp.ts'
import type { IrcMessage } from './message.ts'

/** The message of several lines that a client is sending (IRCv3, "draft/multiline"); one at a time. */
export class MultilineInput {
  readonly #maxBytes: number
  /** The message that has begun the unfinished one; undefined for none. */
  opening: IrcMessage | undefined
  #reference = ''
  #target = ''
  #isNotice = false
  #text: string | undefined
  #lines = 0
  #fault: MultilineFault | undefined

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Begins with `BATCH +reference draft/multiline target`; an unfinished one is dropped. */
  open(reference: string, target: string, opening: IrcMessage): void {
    this.opening = opening
    this.#reference = reference
    this.#target = target
    this.#text = undefined
    this.#lines = 0
    this.#fault = undefined
  }

  /** Takes a message of the batch. Returns false for one of another batch, which changes nothing. */
  add({ command, params: [target = '', text = ''], tags }: IrcMessage): boolean {
    if (tags.get('batch') !== this.#reference || !this.opening) return false
    if (target !== this.#target)
      this.#fault ??= new MultilineFault('MULTILINE_INVALID_TARGET', `${this.#target} ${target}`)
    if (this.#fault) return true
    const isNotice = command === 'NOTICE'
    const isJoined = tags.has('draft/multiline-concat')
    const isMixed = this.#text !== undefined && isNotice !== this.#isNotice
    if (isMixed || (isJoined && text === '')) this.#fault = new MultilineFault('MULTILINE_INVALID')
    this.#isNotice = isNotice
    const joint = this.#text === undefined || isJoined ? '' : '\n'
    const whole = (this.#text ?? '') + joint + text
    if (++this.#lines > MAX_LINES) this.#fault ??= new MultilineFault('MULTILINE_MAX_LINES', String(MAX_LINES))
    else if (Buffer.byteLength(whole) > this.#maxBytes)
      this.#fault ??= new MultilineFault('MULTILINE_MAX_BYTES', String(this.#maxBytes))
    else this.#text = whole
    return true
  }

  /** Notes that a line is refused, which leaves a hole; undefined for one that cannot be read at all, which may be of the batch. */
  refuse(message: IrcMessage | undefined): void {
    if (!this.opening || (message && message.tags.get('batch') !== this.#reference)) return
    this.#fault ??= new MultilineFault('MULTILINE_INVALID')
  }

  /** Ends the message with `BATCH -reference`. @throws MultilineFault */
  close(reference: string) {
    const opening = this.opening
    const fault = this.#fault
    this.opening = undefined
    this.#fault = undefined
    if (fault) throw fault
    const text = this.#text
    if (!opening || reference !== this.#reference || text === undefined || text.trim() === '')
      throw new MultilineFault('MULTILINE_INVALID')
    // A request of CTCP is one line.
    if (isRequest(text) && text.includes('\n')) throw new MultilineFault('MULTILINE_INVALID')
    return { opening, target: this.#target, isNotice: this.#isNotice, text }
  }
}

/** A message of several lines that is dropped, with the code of FAIL and its context. */
export class MultilineFault extends Error {
  readonly code: string
  readonly context: string

  constructor(code: string, context = '') {
    super(code)
    this.code = code
    this.context = context
  }
}
