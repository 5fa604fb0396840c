/** A room that the user is in, or has been in during this visit. */
import type { RoomEvent } from '../../commands/replies.ts'
import { DisconnectedError } from '../../src/client/errors.ts'
import type { JoinedRoom } from '../../src/client/joined-room.ts'
import { foldName, isSameName } from '../../src/client/nickname.ts'
import { commandLine, resultOf } from '../../src/client/requests.ts'
import { Conversation, type Part } from './conversation.ts'
import type { Happening } from './happening.ts'
import { Members } from './members.ts'
import type { SayManner } from './outbox.ts'
import { Expulsions, type Why } from './why.ts'

/** Time between a change of roles and the question for them, in a room of ten twice as long, in ms. */
const MARKS_MS = 100

export function roomKey(name: string) {
  return `#${foldName(name)}`
}

export class RoomTalk extends Conversation {
  readonly isPrivate = false
  readonly members = new Members()
  topic = ''
  /** Undefined until the room is joined, and when it has ended. */
  joined: JoinedRoom | undefined
  /** Why the user is not in the room, and is not coming back by itself. */
  ended: Why | undefined
  readonly #expulsions = new Expulsions()
  /** Why the user is put out of the room by the last event; undefined for others. */
  #expelled: Why | undefined
  /** Settles when the room is joined, or when it is given up. */
  #entering = Promise.withResolvers<JoinedRoom>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(name: string, me: string) {
    super(roomKey(name), name, me)
  }

  /** A text that is said while the room is being entered waits for that. */
  get closedBecause() {
    return this.ended
  }

  get rank() {
    return this.members.rankOf(this.me)
  }

  entered(joined: JoinedRoom) {
    this.name = joined.name
    this.joined = joined
    this.topic = joined.topic
    this.ended = undefined
    this.#entering.resolve(joined)
  }

  /** Called when the room cannot be entered, or has ended for the user. */
  end(why: Why) {
    this.joined = undefined
    this.ended = this.#expelled ?? why
    this.#expelled = undefined
    this.#entering.promise.catch(() => {})
    this.#entering.reject(new DisconnectedError(why.text))
    this.#entering = Promise.withResolvers()
    this.changed.emit()
  }

  /** Takes an event of the room that has just happened. */
  happened(event: RoomEvent) {
    if (event.type === 'topic') this.topic = event.body
    const why = this.#expulsions.take(event)
    this.#expelled = event.type === 'userKicked' && isSameName(event.to, this.me) ? why : undefined
    if (this.members.take(event)) this.askMembers()
    this.add(event)
  }

  /** Carries out a command in the room, such as `/op bob`. Resolves with the reply's text. @throws RefusedError, DisconnectedError */
  async command(...words: readonly (string | undefined)[]): Promise<string> {
    const [command = '', ...parameters] = words
    if (!this.joined) return ''
    const { result } = resultOf(await this.joined.ask(commandLine(command, ...parameters)))
    // It may have changed a role, or who is away.
    this.askMembers()
    return result === 'OK' ? '' : (result ?? '')
  }

  /** Asks soon for all members; the larger the room, the less often. */
  askMembers() {
    this.#timer ??= setTimeout(
      async () => {
        this.#timer = undefined
        const members = await this.joined?.members().catch(() => undefined)
        if (!members) return
        this.members.set(members)
        this.changed.emit()
      },
      MARKS_MS * (1 + this.members.size / 10),
    )
  }

  /** Finds messages by words, oldest first. @throws RefusedError, DisconnectedError */
  async search(words: string, before?: string): Promise<readonly Happening[]> {
    return (await this.joined?.search(words, { limit: 30, before })) ?? []
  }

  protected async read(part: Part): Promise<readonly Happening[]> {
    if (!this.joined) throw new DisconnectedError(this.ended?.text)
    return this.joined.history(part)
  }

  protected async send(text: string, manner: SayManner, nonce: string) {
    const room = this.joined ?? (await this.#entering.promise)
    return room.say(text, { ...manner, nonce })
  }
}
