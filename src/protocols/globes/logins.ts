import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ticket, Tickets } from '../../chat/tickets.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import { roomTokenOf } from './tokens.ts'

const COOKIE = 'globes'

type Login = NonNullable<Awaited<ReturnType<Tickets['use']>>>

/**
 * The logins of `POST /auth` (docs/protocols/globes.md, section 2.14). A login is a ticket of the account: 32 letters and digits, so it is
 * never taken for a room's token, which is a JWT. It is sent as the account token and as a cookie.
 */
export class Logins {
  readonly #tickets: Tickets
  readonly #requests: HttpServices['requests']

  constructor(tickets: Tickets, requests: HttpServices['requests']) {
    this.#tickets = tickets
    this.#requests = requests
  }

  /** The login that a request shows as its token, or else as the cookie, which pages of other origins cannot use. */
  async find(request: FastifyRequest): Promise<Login | undefined> {
    const login = await this.findByToken(request)
    if (login || this.#requests.isForeign(request)) return login
    return this.#tickets.use(request.cookies[COOKIE] ?? '')
  }

  /** The login that a request shows as its token: in `Authorization`, or as the subprotocol of a WebSocket. */
  findByToken({ headers }: FastifyRequest): Promise<Login | undefined> {
    return this.#tickets.use(roomTokenOf(headers) ?? '')
  }

  /** Adds the cookie to a reply. */
  send(request: FastifyRequest, reply: FastifyReply, { value, until }: Ticket): void {
    if (this.#requests.isForeign(request)) return
    const expires = new Date(until).toUTCString()
    const secure = request.protocol === 'https' ? '; Secure' : ''
    reply.header('Set-Cookie', `${COOKIE}=${value}; Expires=${expires}; Path=/; HttpOnly; SameSite=Lax${secure}`)
  }
}
