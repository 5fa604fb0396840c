import type { FastifyInstance } from 'fastify'
import { type Chat, LOBBY } from '../../chat/chat.ts'
import { Refusal, type RefusalCode } from '../../chat/refusal.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import { onlyText } from './json.ts'
import type { Lobby } from './lobby.ts'
import { checkPass, findPass, sendPass } from './passes.ts'

/** Stricter than the core's names. */
const USERNAME = /^[a-zA-Z0-9]{1,32}$/

/**
 * The status of each refusal (docs/protocols/piratchat.md, section 2); undefined for those that no request can cause, which are logged
 * and answered with status 500.
 */
const STATUS: Readonly<Record<RefusalCode, number | undefined>> = {
  'name-invalid': 400,
  'name-reserved': 409,
  'name-taken': 409,
  'name-in-use': 409,
  'name-in-room': 409,
  'secret-wrong': 401,
  'name-unknown': 401,
  'too-many-attempts': 429,
  'too-many-accounts': 429,
  unavailable: 503,
  banned: 403,
  'invite-only': 403,
  'room-full': 403,
  'secret-invalid': undefined,
  'room-name-invalid': undefined,
  'room-private': undefined,
  'room-unknown': undefined,
  'room-taken': undefined,
  'too-many-rooms': undefined,
  'password-wrong': undefined,
  'password-invalid': undefined,
  'not-in-room': undefined,
  'text-empty': undefined,
  'text-too-long': undefined,
  'nobody-here': undefined,
  'no-private-messages': undefined,
  'history-gone': undefined,
  'too-many-blocks': undefined,
  'account-required': 403,
  'admin-required': undefined,
  'invalid-network': undefined,
  'too-many-address-bans': undefined,
  'token-scope': undefined,
  'token-invalid': undefined,
  'token-taken': undefined,
  'token-unknown': undefined,
  'too-many-tokens': undefined,
  'session-unknown': undefined,
  'user-unknown': undefined,
  muted: undefined,
  moderated: undefined,
  'slow-mode': undefined,
  'not-permitted': undefined,
  'message-unknown': undefined,
  'too-many-roles': undefined,
}

/** Returns the status for a refusal; undefined for other errors. */
export function refusalStatus(error: unknown): number | undefined {
  return error instanceof Refusal ? STATUS[error.code] : undefined
}

/** Adds the HTTP requests (docs/protocols/piratchat.md, sections 2.1 to 2.5). */
export function addRequests(app: FastifyInstance, chat: Chat, lobby: Lobby, { requests }: HttpServices): void {
  const { tickets } = chat
  const get = { exposeHeadRoute: false }

  app.post('/api/register', async (request, reply) => {
    const username = onlyText(request.body, 'username')
    if (username === undefined) return reply.code(422).send()
    if (!USERNAME.test(username)) return reply.code(400).send()
    const key = await chat.accounts.registerWithKey(username, requests.addressOf(request))
    return reply.code(201).send({ key })
  })

  app.post('/api/login', async (request, reply) => {
    const key = onlyText(request.body, 'key')
    if (key === undefined) return reply.code(422).send()
    const proof = await chat.accounts.authenticateByKey(key, requests.addressOf(request))
    sendPass(request, reply, await tickets.issue(proof))
    return reply.send()
  })

  // Ends the user's login in every browser, as there is one for each user.
  app.get('/api/logout', { ...get, config: { changes: true } }, async (request, reply) => {
    const pass = await findPass(tickets, request)
    if (pass) {
      await tickets.end(pass.proof)
      await lobby.putOut(pass.proof)
    }
    sendPass(request, reply)
    return reply.send()
  })

  app.get('/api/online', get, async (request, reply) => {
    if (!(await checkPass(tickets, request, reply))) return reply
    // The members through all protocols (docs/protocols/README.md, R28), in the order in which they joined.
    return reply.send({ online_clients: await chat.rooms.inside(LOBBY) })
  })

  app.get<{ Params: { username: string } }>('/api/user/:username(^.+$)', get, async (request, reply) => {
    const pass = await checkPass(tickets, request, reply)
    if (!pass) return reply
    if (request.params.username !== '@me') return reply.code(501).send()
    return reply.send({ username: pass.proof.name })
  })
}
