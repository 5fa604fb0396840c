/**
 * The logins of `POST /auth` (docs/protocols/globes.md, section 2.14). A login is a ticket of the account, sent as its token and as a
 * cookie: 32 letters and digits, which cannot be confused with a room's token, a JWT.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Ticket, TicketLogin } from '../../chat/tickets.ts'
import type { GlobesContext } from './options.ts'
import { roomTokenOf } from './tokens.ts'

const COOKIE = 'globes'

/** Returns the login of a request by its token, else by its cookie, which pages of foreign origins cannot use. */
export async function findLogin(context: GlobesContext, request: FastifyRequest): Promise<TicketLogin | undefined> {
  const login = await findLoginByToken(context, request)
  if (login || context.requests.isForeign(request)) return login
  return context.chat.tickets.use(request.cookies[COOKIE] ?? '')
}

/** Returns the login of a request by its token: in `Authorization`, or as the subprotocol of a WebSocket. */
export function findLoginByToken(
  { chat }: GlobesContext,
  { headers }: FastifyRequest,
): Promise<TicketLogin | undefined> {
  return chat.tickets.use(roomTokenOf(headers) ?? '')
}

/** Adds the cookie of a login to a reply. */
export function sendLogin(
  { requests }: GlobesContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { value, until }: Ticket,
): void {
  if (requests.isForeign(request)) return
  const expires = new Date(until).toUTCString()
  const secure = request.protocol === 'https' ? '; Secure' : ''
  reply.header('Set-Cookie', `${COOKIE}=${value}; Expires=${expires}; Path=/; HttpOnly; SameSite=Lax${secure}`)
}
