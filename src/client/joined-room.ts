import type { CommandResult, Reply, RoomEvent } from '../../commands/replies.ts'
import { callBack } from './callback.ts'
import type { ClientConnection, Told } from './connection.ts'
import { DisconnectedError, RefusedError } from './errors.ts'
import { commandLine, optionWords, resultOf } from './requests.ts'
import { nicknameWord, nonceLine, randomWord } from './room-lines.ts'
import type {
  EventRange,
  GrantedRole,
  RoomMember,
  SanctionTerms,
  SayAllOptions,
  SayOptions,
  SearchRange,
  WithdrawnRole,
} from './room-options.ts'
import type { Seat } from './seat.ts'
import type { Stay } from './stay.ts'

/** Texts, one or some at a time. */
export type Texts = Iterable<string> | AsyncIterable<string | readonly string[]>

/** Commands that give roles, and those that take them back. */
const GRANTS = { owner: 'owner', operator: 'op', voiced: 'voice', invited: 'invite' }
const WITHDRAWALS = { operator: 'deop', voiced: 'devoice', banned: 'unban', muted: 'unmute' }

/** Characters of the random part of a nonce, which is in every line. They are of 64 random bits. */
const NONCE_LENGTH = 14
const FIRST_NONCE = 10_000_000

/**
 * A room that a client has joined. Iteration gives the events from the joining on, each once and in order, over reconnections; it ends when
 * the room is left. Only one iteration runs at a time; another one goes on behind it.
 *
 * @example
 * const room = await client.join('ops')
 * for await (const event of room) if (event.body === 'ping') await room.say('pong')
 */
export class JoinedRoom implements AsyncIterable<RoomEvent> {
  readonly #stay: Stay
  readonly #seat: Seat
  readonly #nonces = nonces()

  /** Called by {@link RoomdClient.join}. */
  constructor(stay: Stay, seat: Seat) {
    this.#stay = stay
    this.#seat = seat
  }

  /** The present name of the room. */
  get name(): string {
    return this.#stay.name
  }

  /** The present topic, empty without one. */
  get topic(): string {
    return this.#stay.topic
  }

  /**
   * Says a text, also of several lines. Resolves with the id of the message when it is committed. Texts are sent without waiting for one
   * another, up to 2,048 at a time, and keep their order. Over lost connections they are sent again with the same nonce: each is in the room
   * once.
   *
   * @throws RefusedError `text-too-long`, `muted`, `slow-mode`, …; DisconnectedError when the room is left or closed before the reply
   */
  say(text: string, options: SayOptions = {}): Promise<string> {
    return new Promise((said, failed) => this.#say(text, options, options.nonce ?? this.#nonces(), said, failed))
  }

  /**
   * Says texts as {@link say} does, with less work for each. Resolves with the number of texts that are in the room when all have their
   * replies.
   *
   * @throws RefusedError, DisconnectedError
   */
  sayAll(texts: Texts, options: SayAllOptions = {}): Promise<number> {
    const { nonce = this.#nonces, said, refused } = options
    const { speech } = this.#stay
    let count = 0
    let isOver = false
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        isOver = true
        reject(error)
      }
      const start = (text: string, index: number) => {
        const succeeded = (id: string) => {
          count++
          callBack(said, id, index)
        }
        const failed = (error: unknown) => {
          if (refused && error instanceof RefusedError && error !== speech.ended) callBack(refused, error, text, index)
          else fail(error)
        }
        try {
          this.#say(text, options, nonce(index), succeeded, failed)
        } catch (error) {
          failed(error)
        }
      }
      const sayEach = async () => {
        let index = 0
        let last = 0
        for await (const some of texts) {
          for (const text of [some].flat()) {
            if (isOver) return
            start(text, index++)
            last = speech.count
            const { wait } = speech
            if (wait) await wait
          }
        }
        await speech.until(last)
        resolve(count)
      }
      sayEach().catch(fail)
    })
  }

  /** Returns past events, oldest first. @throws RefusedError `history-gone`, …; DisconnectedError */
  async history({ from, kinds, grep, ...range }: EventRange = {}): Promise<readonly RoomEvent[]> {
    const { first, limit = first ?? 100 } = range
    let found: RoomEvent[] = []
    let { before } = range
    do {
      const page: RoomEvent[] = []
      const options = {
        ...range,
        limit: first === undefined ? limit - found.length : undefined,
        before,
        kinds: kinds?.join(),
        grep: grep && quoted(grep),
      }
      const reply = resultOf(await this.#ask(commandLine('HISTORY', from), page, options))
      found = [...page, ...found]
      before = reply.before
    } while (before !== undefined && found.length < limit)
    return found
  }

  /** Returns the newest messages that have all words, oldest first. @throws RefusedError, DisconnectedError */
  async search(words: string, range: SearchRange = {}): Promise<readonly RoomEvent[]> {
    const found: RoomEvent[] = []
    const line = commandLine('/search', words, ...optionWords(range))
    resultOf(await this.#ask(line, found))
    return found
  }

  /** Returns the members in order of joining. @throws DisconnectedError */
  async members(): Promise<readonly RoomMember[]> {
    const { members = [], marks = [] } = await this.#do('/who')
    const marked = new Map(marks.map((mark) => [mark.nickname, mark]))
    return members.map((nickname) => marked.get(nickname) ?? { nickname, marks: [] })
  }

  /** Sets the topic; an empty text removes it. @throws RefusedError `not-permitted`, … */
  async setTopic(text: string): Promise<void> {
    await this.#do('/topic', text || '""')
  }

  /** Gives a role; `owner` hands the room over. @throws RefusedError `not-permitted`, `nobody-here`, … */
  async grant(nickname: string, role: GrantedRole): Promise<void> {
    await this.#do(`/${GRANTS[role]}`, nicknameWord(nickname))
  }

  /** Takes a role, a ban or a mute back. @throws RefusedError `not-permitted`, `nobody-here`, … */
  async withdraw(nickname: string, role: WithdrawnRole): Promise<void> {
    await this.#do(`/${WITHDRAWALS[role]}`, nicknameWord(nickname))
  }

  /** @throws RefusedError `not-permitted`, `nobody-here`, … */
  async kick(nickname: string, reason?: string): Promise<void> {
    await this.#do('/kick', nicknameWord(nickname), reason)
  }

  /** Bans a user, or all that a mask such as `troll*` covers. @throws RefusedError `not-permitted`, … */
  async ban(nickname: string, { time, reason }: SanctionTerms = {}): Promise<void> {
    await this.#do('/ban', nicknameWord(nickname), timeWord(time, reason), reason)
  }

  /** @throws RefusedError `not-permitted`, … */
  async mute(nickname: string, { time, reason }: SanctionTerms = {}): Promise<void> {
    await this.#do('/mute', nicknameWord(nickname), timeWord(time, reason), reason)
  }

  /** Deletes a message. @throws RefusedError `message-unknown`, `not-permitted` */
  async delete(id: string, reason?: string): Promise<void> {
    await this.#do('/delete', id, reason)
  }

  /** Sends a line that does not change the room, such as `/slow 5`. Rejects with {@link DisconnectedError}. */
  async ask(line: string): Promise<Reply> {
    return this.#ask(line)
  }

  /** Leaves the room behind the texts that wait. Iteration ends. @throws DisconnectedError */
  async leave(): Promise<void> {
    await this.#seat.leave(this.#stay)
  }

  [Symbol.asyncIterator](): AsyncGenerator<RoomEvent, void> {
    return this.#stay.queue.read()
  }

  /** The connection while it is in the room: it may be in another one once this one has ended. @throws DisconnectedError when it has */
  get #usable(): ClientConnection | undefined {
    if (this.#seat.stay !== this.#stay) throw new DisconnectedError('The room has been left')
    return this.#seat.usable
  }

  /** Waits for it on the way back into the room. @throws DisconnectedError when there is none */
  async #use(): Promise<ClientConnection> {
    await this.#seat.use()
    return this.#usable ?? this.#use()
  }

  /** @param records gets the events that come before the reply */
  async #ask(line: string, records?: RoomEvent[], range?: object): Promise<Reply> {
    // There are no private messages in a room.
    const record = (event: Told) => records?.push(event as RoomEvent)
    return (this.#usable ?? (await this.#use())).ask(line, undefined, record, range)
  }

  async #do(command: string, ...parameters: (string | undefined)[]): Promise<CommandResult> {
    return resultOf(await this.ask(commandLine(command, ...parameters)))
  }

  /** @throws RefusedError for a blank text */
  #say(
    text: string,
    { action, notice }: Pick<SayOptions, 'action' | 'notice'>,
    nonce: string,
    said: (id: string) => void,
    failed: (error: Error) => void,
  ): void {
    const command = action ? '/me' : notice ? '/notice' : 'MESSAGE'
    this.#stay.speech.say({ line: nonceLine(text, nonce, command), said, failed })
  }
}

/** Quotes a text for `grep=`, which knows both kinds of quotes and no escape. */
function quoted(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`
}

/** Returns a function that makes nonces which nobody else makes. */
function nonces(): () => string {
  const own = randomWord().slice(0, NONCE_LENGTH)
  // With as many digits for each, the server's index of nonces is filled in its order.
  let count = FIRST_NONCE
  return () => `${own}.${count++}`
}

/** Returns the time of a ban or mute; a reason that begins with a digit would be taken for one. */
function timeWord(time: string | undefined, reason = ''): string | undefined {
  return time ?? (/^[-+]?\d/.test(reason) ? 'forever' : undefined)
}
