import { openClient } from '../../client/client.ts'
import { DisconnectedError, RefusedError } from '../../client/errors.ts'
import type { JoinedRoom } from '../../client/joined-room.ts'
import { randomWord } from '../../client/room-lines.ts'
import type { SayAllOptions } from '../../client/room-options.ts'
import type { RoomdClient } from '../../client/roomd-client.ts'
import type { ClientState } from '../../client/state.ts'
import { entered, isNameTaken } from '../entering.ts'
import { CommandFailure, EXIT, type ExitStatus } from '../failure.ts'
import type { ClientIdentity } from '../identity.ts'
import type { Reach } from '../reach.ts'
import { failureOf, refusalLine } from '../server-failure.ts'
import { SendProgress } from './progress.ts'
import type { InputTexts } from './texts.ts'
import { UnsaidTexts } from './unsaid.ts'

/** Refusals of one line, behind which the others are said all the same. */
const OF_THE_LINE = new Set(['text-too-long', 'line-too-long', 'text-empty', 'missing-parameter', 'invalid-utf8'])

type Manner = Pick<SayAllOptions, 'action' | 'notice'>

/** One run of the command: rounds of saying texts, each under one nickname, which ends when somebody else takes it. */
export class SendRun {
  readonly #reach: Reach
  readonly #retryMs: number
  readonly #manner: Manner
  readonly #unsaid: UnsaidTexts
  readonly #progress = new SendProgress()
  /** The same in all rounds, as the server knows a text again by it. */
  readonly #session = randomWord()
  #status: ExitStatus = EXIT.done
  #away: NodeJS.Timeout | undefined
  #client: RoomdClient | undefined
  /** Identity of the last round that was free to choose one. */
  #identity: ClientIdentity | undefined
  /** True if the nickname of this round is somebody else's now. */
  #isTaken = false
  #hasWaited = false
  /** True while texts are sent in the room as they are taken. */
  #isThere = false
  /** Error that ends the run. */
  #end: Error | undefined
  readonly #ended: Promise<never>
  #fail: (error: unknown) => void = () => {}

  constructor(reach: Reach, retryMs: number, manner: Manner, texts: InputTexts) {
    this.#ended = new Promise((_, reject) => (this.#fail = reject))
    // It may end before anything is said.
    this.#ended.catch(() => {})
    this.#reach = reach
    this.#retryMs = retryMs
    this.#manner = manner
    this.#unsaid = new UnsaidTexts(texts)
  }

  /** @throws CommandFailure */
  async run(name: string): Promise<ExitStatus> {
    try {
      let room = await this.#enter(name)
      while (!(await this.#say(room))) room = await this.#enter(room.name)
    } catch (error) {
      throw this.#failureOf(this.#end ?? error)
    } finally {
      clearTimeout(this.#away)
      this.#progress.end()
      this.#client?.close()
    }
    return this.#status
  }

  #enter(name: string): Promise<JoinedRoom> {
    const last = this.#identity
    // What may be in the room is known again under the same nickname only.
    const isFixed = last?.isChosen || this.#unsaid.isUnsure
    const identity = last && isFixed ? { ...last, isChosen: true } : this.#reach.identity
    // Later the input gives texts.
    const reach = { ...this.#reach, identity, canAsk: this.#reach.canAsk && !last }
    const enter = async (identity: ClientIdentity) => {
      const { nickname, password, token } = identity
      const onState = (state: ClientState) => this.#watch(state)
      const client = await openClient(this.#reach.dial, { nickname, password, token, session: this.#session, onState })
      try {
        this.#client = client
        const options = { events: false, exists: last !== undefined, password: this.#reach.roomPassword }
        const room = await client.join(name, options)
        // One that is fixed for this round only is no choice for the next one.
        if (!isFixed) this.#identity = identity
        return room
      } catch (error) {
        client.close()
        throw error
      }
    }
    const waits = (nickname: string) => {
      if (this.#hasWaited) return
      this.#hasWaited = true
      this.#tell(`the nickname ${nickname} is in use in ${name}; waiting for it`)
    }
    return entered(reach, this.#retryMs, enter, waits)
  }

  /** Says texts until there are no more. Resolves with false when somebody else takes the nickname before. @throws RefusedError, DisconnectedError */
  async #say(room: JoinedRoom): Promise<boolean> {
    const unsaid = this.#unsaid
    this.#isTaken = false
    const said = room.sayAll(unsaid.round(), {
      ...this.#manner,
      nonce: (index) => unsaid.nonceOf(index),
      said: (_id, index) => {
        unsaid.settle(index)
        this.#progress.said()
      },
      refused: (error, _text, index) => {
        if (this.#end) return
        // All that are on the way have replies first.
        if (isNameTaken(error)) return this.#giveWay()
        const line = unsaid.lineOf(index)
        unsaid.settle(index)
        this.#status = EXIT.refused
        if (!OF_THE_LINE.has(error.code))
          return this.#stop(new CommandFailure(EXIT.refused, `${at(line)}${refusalLine(error)}`))
        this.#tell(`${at(line)}${refusalLine(error)}`)
      },
    })
    try {
      await Promise.race([said, this.#ended])
    } catch (error) {
      if (!this.#isTaken) throw error
    }
    if (this.#end) throw this.#end
    this.#client?.close()
    return !this.#isTaken
  }

  /** Takes no more texts in this round. */
  #giveWay(): void {
    this.#isTaken = true
    this.#unsaid.endRound()
  }

  /** Ends the round when the nickname is somebody else's, and the run when the server is away for too long, or for good. */
  #watch(state: ClientState): void {
    const wasThere = this.#isThere
    this.#isThere = state.state === 'online' && state.room !== undefined
    if (state.state === 'online') {
      clearTimeout(this.#away)
      this.#away = undefined
    } else if (state.state === 'offline') {
      // Texts that are taken between two attempts to connect are not sent.
      if (wasThere) this.#unsaid.lost()
      const { reason = 'Not connected', code } = state
      // The client comes back after any other word, so that the server is away.
      const error = new DisconnectedError(reason, code === 'unavailable' ? code : undefined)
      this.#away ??= setTimeout(() => this.#stop(error), this.#retryMs)
    } else if (state.state === 'waiting' || (state.state === 'closed' && isNameTaken(state.error))) {
      clearTimeout(this.#away)
      this.#away = undefined
      this.#giveWay()
      this.#client?.close()
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

  #tell(text: string): void {
    this.#progress.clear()
    process.stderr.write(`roomd send: ${text}\n`)
  }

  #failureOf(error: unknown): unknown {
    const failure = failureOf(error, this.#reach)
    const { first } = this.#unsaid
    if (error === this.#end && error instanceof CommandFailure) return error
    if (!(failure instanceof CommandFailure) || first?.line === undefined) return failure
    const status = error instanceof RefusedError ? EXIT.refused : failure.status
    const what = this.#isTaken && !this.#unsaid.isUnsure ? 'nothing is said' : 'it is not known to be said'
    return new CommandFailure(status, `${failure.message}; from line ${first.line} on ${what}`)
  }
}

function at(line: number | undefined): string {
  return line === undefined ? '' : `line ${line}: `
}
