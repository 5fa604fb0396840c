import type { RoomEvent } from '../../commands/replies.ts'
import type { LineConnection } from './connection.ts'
import { DisconnectedError } from './errors.ts'
import type { EventQueue } from './event-queue.ts'
import type { JoinedRoom } from './joined-room.ts'
import { commandLine } from './requests.ts'
import { nicknameWord, nonceLine, randomWord } from './room-lines.ts'
import type { SanctionTerms, SayOptions } from './room-options.ts'
import { sayAll } from './say-all.ts'
import type { Seat } from './seat.ts'
import type { Told } from './server-lines.ts'
import type { Spoken } from './speech.ts'
import type { Stay } from './stay.ts'

/** Commands that give roles, and those that take them back. */
const GRANTS = { owner: 'owner', operator: 'op', voiced: 'voice', invited: 'invite' }
const WITHDRAWALS = { operator: 'deop', voiced: 'devoice', banned: 'unban', muted: 'unmute' }

/** Characters of the random part of a nonce, which is in every line. They are of 64 random bits. */
const NONCE_LENGTH = 14
const FIRST_NONCE = 10_000_000

/** Makes the room that a program sees. */
export function newRoom(stay: Stay, seat: Seat, queue: EventQueue<RoomEvent>): JoinedRoom {
  const own = randomWord().slice(0, NONCE_LENGTH)
  // With as many digits for each, the server's index of nonces is filled in its order.
  let count = FIRST_NONCE
  const newNonce = () => `${own}.${count++}`

  const say = (
    text: string,
    { action, notice }: Pick<SayOptions, 'action' | 'notice'>,
    nonce: string,
    said: Spoken['said'],
    failed: Spoken['failed'],
  ) =>
    stay.speech.say({
      line: nonceLine(text, nonce, action ? '/me' : notice ? '/notice' : 'MESSAGE'),
      said,
      failed,
    })

  /**
   * Does something on the connection while it is in the room; it may be in another one once this one has ended. Waits for it on the way back.
   *
   * @throws DisconnectedError
   */
  const there = async <T>(act: (connection: LineConnection) => Promise<T>): Promise<T> => {
    for (;;) {
      if (seat.stay !== stay) throw new DisconnectedError('The room has been left')
      const { usable } = seat
      if (usable) return act(usable)
      await seat.use()
    }
  }
  const run = (line: string) => there((connection) => connection.run(line))
  const order = async (command: string, ...parameters: (string | undefined)[]): Promise<void> => {
    await run(commandLine(command, ...parameters))
  }
  const sanction =
    (command: string) =>
    (nickname: string, { time, reason = '' }: SanctionTerms = {}) =>
      // A reason that begins with a digit would be taken for a time.
      order(command, nicknameWord(nickname), time ?? (/^[-+]?\d/.test(reason) ? 'forever' : undefined), reason)
  /** @param events gets the events of the records */
  const read = (line: string, events: RoomEvent[], range?: object) =>
    there((connection) =>
      // There are no private messages in a room.
      connection.read(line, (event: Told) => events.push(event as RoomEvent), range),
    )

  return {
    get name() {
      return stay.name
    },
    get topic() {
      return stay.topic
    },
    say: (text, options = {}) =>
      new Promise((said, failed) => say(text, options, options.nonce ?? newNonce(), said, failed)),
    sayAll: (texts, options = {}) =>
      sayAll(texts, options, (text, index, said, failed) =>
        say(text, options, (options.nonce ?? newNonce)(index), said, failed),
      ),
    async history({ from, kinds, grep, ...range } = {}) {
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
          // It knows both kinds of quotes, and no escape.
          grep: grep && (grep.includes('"') ? `'${grep}'` : `"${grep}"`),
        }
        const reply = await read(commandLine('HISTORY', from), page, options)
        found = [...page, ...found]
        before = reply.before
      } while (before !== undefined && found.length < limit)
      return found
    },
    async search(words, range) {
      const found: RoomEvent[] = []
      await read(commandLine('/search', words, range), found)
      return found
    },
    async members() {
      const { members = [], marks = [] } = await run('/who')
      return members.map((nickname) => marks.find((mark) => mark.nickname === nickname) ?? { nickname, marks: [] })
    },
    setTopic: (text) => order('/topic', text || '""'),
    grant: (nickname, role) => order(`/${GRANTS[role]}`, nicknameWord(nickname)),
    withdraw: (nickname, role) => order(`/${WITHDRAWALS[role]}`, nicknameWord(nickname)),
    kick: (nickname, reason) => order('/kick', nicknameWord(nickname), reason),
    ban: sanction('/ban'),
    mute: sanction('/mute'),
    delete: (id, reason) => order('/delete', id, reason),
    ask: (line) => there((connection) => connection.ask(line)),
    leave: () => seat.leave(stay),
    [Symbol.asyncIterator]: queue.read,
  }
}
