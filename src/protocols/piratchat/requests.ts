import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Chat } from '../../chat/chat.ts'
import { type EntryRefusal, Refusal, type RefusalAnswers } from '../../chat/refusal.ts'
import { onlyText } from './json.ts'
import type { Lobby } from './lobby.ts'
import type { Passes } from './passes.ts'

/** Stricter than the core's names. */
const USERNAME = /^[a-zA-Z0-9]{1,32}$/

/** The status of each refusal (docs/protocols/piratchat.md, section 2). Others, which no request can cause, are logged and answered with status 500. */
const STATUS: RefusalAnswers<EntryRefusal, number> = {
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
  'account-required': 403,
}

/** Returns the status for a refusal; undefined for other errors. */
export function refusalStatus(error: unknown): number | undefined {
  return error instanceof Refusal ? STATUS[error.code] : undefined
}

/** The HTTP requests (docs/protocols/piratchat.md, sections 2.1 to 2.5). */
export class PiratchatRequests {
  readonly #chat: Chat
  readonly #passes: Passes
  readonly #lobby: Lobby

  constructor(chat: Chat, passes: Passes, lobby: Lobby) {
    this.#chat = chat
    this.#passes = passes
    this.#lobby = lobby
  }

  open(app: FastifyInstance, addressOf: (request: FastifyRequest) => string): void {
    const get = { exposeHeadRoute: false }
    app.post('/api/register', (request, reply) => this.#register(request, reply, addressOf(request)))
    app.post('/api/login', (request, reply) => this.#login(request, reply, addressOf(request)))
    app.get('/api/logout', { ...get, config: { changes: true } }, (request, reply) => this.#logout(request, reply))
    app.get('/api/online', get, (request, reply) => this.#online(request, reply))
    app.get<{ Params: { username: string } }>('/api/user/:username(^.+$)', get, (request, reply) =>
      this.#user(request, reply, request.params.username),
    )
  }

  async #register({ body }: FastifyRequest, reply: FastifyReply, address: string) {
    const username = textOf(body, 'username')
    if (username === undefined) return reply.code(422).send()
    if (!USERNAME.test(username)) return reply.code(400).send()
    const key = await this.#chat.accounts.registerWithKey(username, address)
    return reply.code(201).send({ key })
  }

  async #login(request: FastifyRequest, reply: FastifyReply, address: string) {
    const key = textOf(request.body, 'key')
    if (key === undefined) return reply.code(422).send()
    const proof = await this.#chat.accounts.authenticateByKey(key, address)
    this.#passes.send(request, reply, await this.#chat.tickets.issue(proof))
    return reply.send()
  }

  /** Ends the user's login in every browser, as there is one for each user. */
  async #logout(request: FastifyRequest, reply: FastifyReply) {
    const pass = await this.#passes.find(request)
    if (pass) {
      await this.#chat.tickets.end(pass.proof)
      await this.#lobby.putOut(pass.proof)
    }
    this.#passes.clear(request, reply)
    return reply.send()
  }

  async #online(request: FastifyRequest, reply: FastifyReply) {
    if (!(await this.#passes.check(request, reply))) return reply
    return reply.send({ online_clients: await this.#lobby.online() })
  }

  async #user(request: FastifyRequest, reply: FastifyReply, username: string) {
    const pass = await this.#passes.check(request, reply)
    if (!pass) return reply
    if (username !== '@me') return reply.code(501).send()
    return reply.send({ username: pass.proof.name })
  }
}

/** Returns the text of a body's only key; undefined for other bodies. */
function textOf(body: unknown, key: string): string | undefined {
  return Buffer.isBuffer(body) ? onlyText(body, key) : undefined
}
