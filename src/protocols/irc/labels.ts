import { type IrcMessage, type Lines, tagText } from './message.ts'
import { SERVER } from './names.ts'
import type { IrcSession } from './session.ts'

/** Commands whose reply is the echo of the message, where that is to come. */
const ECHOED = new Set(['PRIVMSG', 'NOTICE'])
/** Beginning of a line that begins a batch. */
const BATCH = `:${SERVER} BATCH +`
/** The empty reply to a request with a label. */
const ACK = `:${SERVER} ACK`
let batches = 0

/** Returns the label of a request; undefined without one. */
export function labelOf({ tags }: IrcMessage, { caps }: IrcSession): string | undefined {
  const label = tags.get('label')
  return label !== undefined && label !== '' && caps.has('labeled-response') ? label : undefined
}

/** Returns the answer to a request that is turned down before it runs, with its label. */
export function refusalOf(message: IrcMessage, session: IrcSession, answer: string): Lines {
  const label = labelOf(message, session)
  return [label === undefined ? answer : tagged('label', label, answer)]
}

/** Returns the answer to a request that is not answered but for its label. */
export function acknowledgement(message: IrcMessage, session: IrcSession): Lines {
  return labelOf(message, session) === undefined ? [] : [ACK]
}

export function newBatch(): string {
  return `b${++batches}`
}

/** Returns the line that begins a batch; parameters of the type follow it. */
export function batchBegin(batch: string, type: string): string {
  return `${BATCH}${batch} ${type}`
}

export function labelledBatch(label: string, batch: string): string {
  return tagText([['label', label]]) + batchBegin(batch, 'labeled-response')
}

export function batchEnd(batch: string): string {
  return `:${SERVER} BATCH -${batch}`
}

/** The reply to a request with its label (IRCv3, "labeled-response"): one line, a batch, or ACK. */
export class LabelledReply {
  readonly #label: string | undefined
  /** True if nothing is said where the reply is empty, as the echo follows or the request is the first one of several. */
  readonly #isSilent: boolean
  #batch: string | undefined
  /** True if the reply is a batch of its own, which has begun. */
  #isBatch = false

  constructor(message: IrcMessage, session: IrcSession) {
    this.#label = labelOf(message, session)
    const { command, params } = message
    const isOpening = command === 'BATCH' && params[0]?.startsWith('+') === true
    const isSaying = ECHOED.has(command)
    const isPart = isSaying && message.tags.has('batch') && session.caps.has('draft/multiline')
    this.#isSilent = isOpening || isPart || (isSaying && session.caps.has('echo-message'))
  }

  /** Returns lines that are sent before the end of the reply. */
  early(lines: Lines): Lines {
    if (this.#label === undefined || this.#isBatch) return lines
    const [first = '', ...more] = lines
    if (this.#batch === undefined && first.startsWith(BATCH)) {
      this.#isBatch = true
      return [tagged('label', this.#label, first), ...more]
    }
    if (this.#batch !== undefined) return this.#members(lines)
    this.#batch = newBatch()
    return [labelledBatch(this.#label, this.#batch), ...this.#members(lines)]
  }

  /** Returns the rest of the reply. */
  end(lines: Lines): Lines {
    if (this.#label === undefined || this.#isBatch) return lines
    if (this.#batch !== undefined) return [...this.#members(lines), batchEnd(this.#batch)]
    const [first, ...more] = lines
    if (first === undefined) return this.#isSilent ? lines : [tagText([['label', this.#label]]) + ACK]
    // A batch is one reply.
    const isOne = more.length === 0 || first.startsWith(BATCH)
    if (isOne) return [tagged('label', this.#label, first), ...more]
    this.#batch = newBatch()
    return [labelledBatch(this.#label, this.#batch), ...this.#members(lines), batchEnd(this.#batch)]
  }

  /** Returns lines as those of the batch; those of a batch within it are. */
  #members(lines: Lines): Lines {
    return lines.map((line) => (/^@(?:[^ ;]*;)*batch=/.test(line) ? line : tagged('batch', this.#batch ?? '', line)))
  }
}

/** Adds a tag to a line; the reply to the end of a batch has the label of its beginning. */
function tagged(key: string, value: string, line: string): string {
  if (key === 'label' && line.startsWith('@label=')) return line
  const tag = tagText([[key, value]])
  return line.startsWith('@') ? `${tag.trimEnd()};${line.slice(1)}` : tag + line
}
