import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ticket, TicketLogin, Tickets } from '../../chat/tickets.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import { roomTokenOf } from './tokens.ts'

const COOKIE = 'globes'

/**
 * The logins of `POST /auth` (docs/protocols/globes.md, section 2.14). A login is a ticket of the account, sent as its token and as a
 * cookie: 32 letters and digits, which cannot be confused with a room's token, a JWT.
 */
export class Logins {
  readonly #tickets: Tickets
  readonly #requests: HttpServices['requests']

  constructor(tickets: Tickets, requests: HttpServices['requests']) {
    this.#tickets = tickets
    this.#requests = requests
  }

  /** Returns the login of a request by its token, else by its cookie, which pages of foreign origins cannot use. */
  async find(request: FastifyRequest): Promise<TicketLogin | undefined> {
    const login = await this.findByToken(request)
    if (login || this.#requests.isForeign(request)) return login
    return this.#tickets.use(request.cookies[COOKIE] ?? '')
  }

  /** Returns the login of a request by its token: in `Authorization`, or as the subprotocol of a WebSocket. */
  findByToken({ headers }: FastifyRequest): Promise<TicketLogin | undefined> {
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
