import { availableParallelism } from 'node:os'
import type { Logger } from 'pino'
import type { Administered } from './chat/administration.ts'
import type { AuditEntry } from './chat/audit.ts'
import { Chat } from './chat/chat.ts'
import type { Cost } from './chat/secrets.ts'
import type { Config } from './config.ts'
import type { Engine } from './engine/engine.ts'

/** Log message for each action of the operator. */
const ADMINISTERED: Readonly<Record<Administered['what'], string>> = {
  'account-added': 'account added by the operator',
  'room-given': 'room given to an account by the operator',
  'room-closed': 'room closed by the operator',
  'account-removed': 'account removed by the operator',
  'password-changed': 'password changed by the operator',
  'account-marked': 'account marked by the operator',
}

/** Log message for each action of a client (docs/operating.md, fail2ban). */
const AUDITED: Readonly<Record<AuditEntry['what'], string>> = {
  login: 'logged in',
  'login-failed': 'login failed',
  registered: 'account registered',
  'password-changed': 'password changed',
  'account-removed': 'account removed',
  disconnected: 'disconnected by an admin',
  'address-banned': 'address banned',
  'address-unbanned': 'address no longer banned',
  'room-closed': 'room closed',
  'token-created': 'access token created',
  'token-revoked': 'access token revoked',
}

/** Creates the chat of a daemon, which logs what the operator and clients do. `cost` is that of hashing a secret. */
export function createChat(engine: Engine, config: Config, log: Logger, cost: Cost | undefined): Chat {
  return new Chat(engine, {
    maxText: config['max-text'],
    welcome: config.welcome,
    guests: config.guests,
    keepDays: config['keep-days'],
    maxRooms: config['max-rooms'],
    maxRoomsPerAddress: config['max-rooms-per-address'],
    maxRegistrations: config['max-registrations'],
    maxAccountsPerAddress: config['max-accounts-per-address'],
    onAdministered: ({ what, ...details }) => log.info(details, ADMINISTERED[what]),
    // The address is the first field behind those of the logger, so that no nickname can forge it.
    onAudit: ({ what, address, ...details }) => log.info({ audit: what, address, ...details }, AUDITED[what]),
    admins: config.admins,
    onDiscard: ({ id, title }) =>
      log.info({ room: id, title }, 'room closed to make space for a new room of its creator'),
    onDeliveryError: (err, protocol, event) =>
      log.error({ err, protocol, room: event?.room, event: event?.id }, 'cannot encode an event'),
    ticketMs: config['piratchat-session'] * 1_000,
    ...(cost && { cost }),
    // One processor stays free for the event loop.
    checksAtOnce: Math.max(1, availableParallelism() - 1),
  })
}
