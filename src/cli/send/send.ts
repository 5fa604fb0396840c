/** `roomd send`: says a text, or what comes from standard input, in a room. */
import { text as textOf } from 'node:stream/consumers'
import { openClient } from '../../client/client.ts'
import { DisconnectedError, RefusedError } from '../../client/errors.ts'
import type { JoinedRoom } from '../../client/joined-room.ts'
import type { SayAllOptions } from '../../client/room-options.ts'
import type { RoomdClient } from '../../client/roomd-client.ts'
import type { ClientState } from '../../client/state.ts'
import { CommandFailure, EXIT, type ExitStatus, misuse } from '../failure.ts'
import { COMMON_HELP, parseOptions, wholeNumber } from '../options.ts'
import { entered, failureOf, type Reach, reachOf, refusalLine } from '../reach.ts'
import { inputLines, shownLine } from './input-lines.ts'
import { SendProgress } from './progress.ts'

const OPTIONS = {
  one: { type: 'boolean' },
  action: { type: 'boolean' },
  notice: { type: 'boolean' },
  retry: { type: 'string' },
} as const

const HELP = `roomd send ROOM [TEXT…]

Says TEXT in a room, or else the lines of standard input as they come. Nothing is taken for a command.

  roomd send ops 'deploy done'
  make 2>&1 | roomd send ops --as build
  git diff --stat | roomd send ops --one

  --one                    all of the input is one message
  --notice                 a message that no program answers
  --action                 an action: * ann waves
  --retry SECONDS          time to wait for a server that is away; 0
${COMMON_HELP}

Exit status: 0 all is in the room; 1 something was refused; 2 wrong use; 75 the server is away.
`

/** Refusals of one line, behind which the others are said all the same. */
const OF_THE_LINE = new Set(['text-too-long', 'line-too-long', 'text-empty', 'missing-parameter', 'invalid-utf8'])

/** Runs the command. @throws CommandFailure */
export async function send(args: readonly string[]): Promise<ExitStatus> {
  const { values, positionals } = parseOptions('send', args, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return EXIT.done
  }
  const [name, ...words] = positionals
  if (name === undefined) throw misuse('needs a room; see roomd send --help')
  if (values.action && values.notice) throw misuse('--action and --notice exclude one another')
  if (values.one && words.length > 0) throw misuse('--one is for standard input')
  if (words.length > 0 && !/\S/.test(words.join(''))) throw misuse('nothing to say: TEXT is empty')
  const retryMs = (wholeNumber('--retry', values.retry) ?? 0) * 1_000
  const texts = words.length > 0 ? oneText(words.join(' ')) : values.one ? oneText(await wholeInput()) : inputTexts()
  return new Sending(await reachOf(values), retryMs, { action: values.action, notice: values.notice }).run(name, texts)
}

/** Texts with the number of their line, some at a time. */
type Texts = AsyncIterable<readonly { readonly text: string; readonly line: number | undefined }[]>

async function* oneText(text: string): Texts {
  if (/\S/.test(text)) yield [{ text, line: undefined }]
}

async function wholeInput(): Promise<string> {
  const lines = (await textOf(process.stdin)).split('\n')
  return lines.map(shownLine).join('\n').replace(/\n+$/, '')
}

/** Yields the lines that are not blank. */
async function* inputTexts(): Texts {
  if (process.stdin.isTTY) process.stderr.write('Type what to say; Ctrl-D ends.\n')
  let line = 0
  for await (const lines of inputLines(process.stdin)) {
    const numbered = lines.map((text) => ({ text: shownLine(text), line: ++line }))
    yield numbered.filter(({ text }) => /\S/.test(text))
  }
}

type Manner = Pick<SayAllOptions, 'action' | 'notice'>

/** One run of the command. */
class Sending {
  readonly #reach: Reach
  readonly #retryMs: number
  readonly #manner: Manner
  readonly #progress = new SendProgress()
  /** Numbers of the lines that have no reply, by their place among the texts. */
  readonly #lines = new Map<number, number>()
  #status: ExitStatus = EXIT.done
  #away: NodeJS.Timeout | undefined
  #client: RoomdClient | undefined
  /** Error that ends the run. */
  #end: Error | undefined
  readonly #ended: Promise<never>
  #fail: (error: unknown) => void = () => {}

  constructor(reach: Reach, retryMs: number, manner: Manner) {
    this.#ended = new Promise((_, reject) => (this.#fail = reject))
    // It may end before anything is said.
    this.#ended.catch(() => {})
    this.#reach = reach
    this.#retryMs = retryMs
    this.#manner = manner
  }

  /** @throws CommandFailure */
  async run(name: string, texts: Texts): Promise<ExitStatus> {
    const room = await entered(this.#reach, this.#retryMs, async (identity) => {
      const { nickname, password, token } = identity
      const onState = (state: ClientState) => this.#watch(state)
      const client = await openClient(this.#reach.dial, { nickname, password, token, onState })
      try {
        this.#client = client
        return await client.join(name, { events: false, password: this.#reach.roomPassword })
      } catch (error) {
        client.close()
        throw error
      }
    })
    try {
      await this.#say(room, texts)
    } catch (error) {
      throw this.#failureOf(this.#end ?? error)
    } finally {
      clearTimeout(this.#away)
      this.#progress.end()
      this.#client?.close()
    }
    return this.#status
  }

  async #say(room: JoinedRoom, texts: Texts): Promise<void> {
    const said = room.sayAll(this.#each(texts), {
      ...this.#manner,
      said: (_id, index) => {
        this.#lines.delete(index)
        this.#progress.said()
      },
      refused: (error, _text, index) => {
        const line = this.#lines.get(index)
        this.#lines.delete(index)
        if (this.#end) return
        this.#status = EXIT.refused
        if (!OF_THE_LINE.has(error.code))
          return this.#stop(new CommandFailure(EXIT.refused, `${at(line)}${refusalLine(error)}`))
        this.#progress.clear()
        process.stderr.write(`roomd send: ${at(line)}${refusalLine(error)}\n`)
      },
    })
    await Promise.race([said, this.#ended])
    if (this.#end) throw this.#end
  }

  async *#each(texts: Texts): AsyncGenerator<readonly string[]> {
    let index = 0
    for await (const some of texts) {
      for (const { line } of some) {
        if (line !== undefined) this.#lines.set(index, line)
        index++
      }
      yield some.map(({ text }) => text)
    }
  }

  /** Ends the run when the server is away for too long, or for good. */
  #watch(state: ClientState): void {
    if (state.state === 'online') {
      clearTimeout(this.#away)
      this.#away = undefined
    } else if (state.state === 'offline') {
      const { reason = 'Not connected', code } = state
      // The client comes back after any other word, so that the server is away.
      const error = new DisconnectedError(reason, code === 'unavailable' ? code : undefined)
      this.#away ??= setTimeout(() => this.#stop(error), this.#retryMs)
    } else if (state.state === 'closed' && state.error) {
      this.#stop(state.error)
    }
  }

  #stop(error: Error): void {
    if (this.#end) return
    this.#end = error
    this.#fail(error)
    this.#client?.close()
  }

  #failureOf(error: unknown): unknown {
    if (error instanceof CommandFailure) return error
    const failure = failureOf(error, this.#reach)
    const [first] = this.#lines.values()
    if (!(failure instanceof CommandFailure) || first === undefined) return failure
    const status = error instanceof RefusedError ? EXIT.refused : failure.status
    return new CommandFailure(status, `${failure.message}; from line ${first} on it is not known to be said`)
  }
}

function at(line: number | undefined): string {
  return line === undefined ? '' : `line ${line}: `
}
