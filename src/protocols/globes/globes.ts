import type { Chat } from '../../chat/chat.ts'
import { Refusal } from '../../chat/refusal.ts'
import type { ConnectionOptions } from '../connection.ts'
import { takeAnyBody } from '../http/body.ts'
import type { Heartbeat } from '../http/connection.ts'
import type { Routes } from '../http/routes.ts'
import { addEntry } from './entry.ts'
import { GlobesError } from './errors.ts'
import { addRooms } from './rooms.ts'
import { addSocket } from './socket/socket.ts'
import { Tokens } from './tokens.ts'

export interface GlobesOptions extends Pick<ConnectionOptions, 'log' | 'tally' | 'maxQueue' | 'pace'> {
  readonly chat: Chat
  /** Characters of a message. */
  readonly maxText: number
  /**
   * Who may change and delete public rooms, which have no password: anybody as long as nobody is in them (`guarded`),
   * anybody (`open`) or nobody (`closed`). The lobby is changed by anybody in `open` only and never deleted.
   */
  readonly publicRooms: 'guarded' | 'open' | 'closed'
  /** What tokens are signed with; without it, one that is drawn once and kept. */
  readonly secret: string | undefined
  /** Whether pages of any origin may open a room's WebSocket (protocols/globes.md, 2.9), or only those that may elsewhere. */
  readonly anyOrigin: boolean
  readonly heartbeat?: Heartbeat
}

/** What the paths have in common. */
export interface Shared extends GlobesOptions {
  readonly tokens: Tokens
}

/** Globes' rooms over HTTP, and a WebSocket for each (protocols/globes.md). */
export function globesRoutes(options: GlobesOptions): Routes {
  let secret = options.secret
  const tokens = new Tokens(async () => (secret ??= await options.chat.secret('globes')))
  const shared: Shared = { ...options, tokens }
  return (app, ground) => {
    takeAnyBody(app)
    app.addHook('onRequest', async (_, reply) => void reply.header('Cache-Control', 'no-store'))
    app.setErrorHandler((error, _, reply) => {
      const answer = error instanceof Refusal && error.reason === 'unavailable' ? new GlobesError(503) : error
      // The port has an answer for what is no matter of this protocol.
      if (!(answer instanceof GlobesError)) throw error
      return reply.code(answer.status).send(answer.body)
    })
    addRooms(app, shared, ground)
    addEntry(app, shared, ground)
    addSocket(app, shared, ground)
  }
}
