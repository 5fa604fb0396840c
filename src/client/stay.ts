import type { RoomEvent } from '../../commands/replies.ts'
import { ignore } from './callback.ts'
import type { LineConnection } from './connection.ts'
import { DisconnectedError } from './errors.ts'
import { eventLog } from './event-log.ts'
import type { EventSink } from './event-queue.ts'
import { isSameName } from './nickname.ts'
import { commandLine } from './requests.ts'
import type { EnterOptions } from './room-options.ts'
import { speech } from './speech.ts'

/** Command that does not create the room. */
const SPEAK_EXISTING = '/speak exists=yes'

export type Stay = ReturnType<typeof newStay>

export interface StayOptions extends EnterOptions {
  /** Command in place of the one that the other options mean: `/listen` for a room that is only heard. */
  readonly command?: string
  /** False with a command that makes no member: a user of the nickname that is put out is somebody else then. */
  readonly joins?: boolean
}

/** Makes the presence of a client in one room, over reconnections: what goes into the room, and what comes out of it. */
export function newStay(name: string, options: StayOptions, sink: EventSink<RoomEvent>) {
  let {
    password,
    exists,
    events = true,
    joins = events,
    command = events ? (exists ? '/enter' : 'JOIN') : exists ? SPEAK_EXISTING : '/speak',
  } = options
  const log = eventLog('HISTORY', options, sink)
  const stay = {
    /** The present name, before the joining the one that was asked for. */
    name,
    topic: '',
    /** The connection that is in the room. */
    connection: undefined as LineConnection | undefined,
    speech: speech(),

    /**
     * Joins the room, unless it is only spoken in or heard, says what waits, and tells what was missed, see {@link EventLog.follow}.
     *
     * @param joined called with the name of the room
     * @throws RefusedError, DisconnectedError
     */
    join(connection: LineConnection, joined: (name: string) => void, caughtUp: () => void): Promise<unknown> {
      const joining = connection.run(commandLine(command, stay.name, password), ({ result }) => {
        stay.connection = connection
        stay.speech.begin(connection, (name) => name !== stay.name && joined(name))
        joined(`${result}`.replace(/.*? room /, ''))
        // Without its place, the next connection would not know what is missed.
        if (events) return log.follow(connection, caughtUp)
        // What waits belongs to this room, and not to a new one of its name.
        command = SPEAK_EXISTING
        return caughtUp()
      })
      // What the connection is lost before, the next one asks for.
      const takeTopic = ({ topic = '' }) => {
        stay.topic = topic
      }
      return joins ? Promise.all([joining, connection.run('/topic', takeTopic).catch(ignore)]) : joining
    },
    /** Called with an event of the room. Returns how it puts the user out. */
    hear(event: RoomEvent, nickname: string) {
      if (event.type === 'topic') stay.topic = event.body
      log.hear(event)
      return joins && departure(event, nickname)
    },
    /** Called when the connection is lost. */
    lost() {
      stay.connection = undefined
      stay.speech.pause()
    },
    /** Ends the events, with the error if it is not expected, and fails texts that have no reply. */
    end(error: Error, isExpected: boolean) {
      // Others may be waiting for what comes behind the events.
      stay.connection?.pause(false)
      stay.connection = undefined
      stay.speech.end(error)
      log.end(isExpected ? undefined : error)
    },
  }
  return stay
}

/** Returns how a user was put out of a room by an event, undefined for other events. One that has not asked for it leaves a room that is closed. */
function departure(event: RoomEvent, nickname: string): DisconnectedError | undefined {
  const { type, room, from, body } = event
  if (type === 'userLeft' && isSameName(from, nickname))
    return new DisconnectedError(`Room ${room} was closed`, 'room-unknown')
  if (type === 'userKicked' && isSameName(event.to, nickname))
    return new DisconnectedError(`Kicked from ${room} by ${from}${body && `: ${body}`}`, 'kicked')
  return undefined
}
