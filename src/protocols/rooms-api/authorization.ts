import type { FastifyRequest } from 'fastify'
import type { Author } from '../../chat/authors.ts'
import type { Chat } from '../../chat/chat.ts'
import type { Proof } from '../../chat/credentials.ts'
import { fold } from '../../chat/names.ts'
import type { AuthorInRoom } from '../../chat/posting.ts'
import { Refusal } from '../../chat/refusal.ts'
import { checkScope, type TokenRight } from '../../chat/token-scope.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import { readBasic } from '../../transport/http/basic.ts'
import { delayGuess } from '../../transport/http/guesses.ts'
import { isRebound } from '../../transport/http/origin.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import type { Caller, Writer } from './caller.ts'
import { Problem } from './problems.ts'

/** The name of the protocol in metrics. */
const PROTOCOL = 'rooms-api'
const PASSWORD_HEADER = 'room-password'

const BEARER = /^Bearer +(\S+) *$/i

const AUTHORIZE = 'Authorize with a token or password'

/** Refusals of a name or secret, which are answered alike. */
const WRONG_CREDENTIALS: ReadonlySet<string> = new Set(['name-unknown', 'secret-wrong'])

export interface AuthorizationOptions {
  readonly chat: Chat
  /** Permission to read public rooms without authorization; `local` if only this machine can connect. */
  readonly publicRead: 'local' | 'always' | 'never'
}

/** Authorization of requests, and of their access to rooms (docs/protocols/rooms-api.md, section 1). Cookies never count (CSRF). */
export class Authorization {
  readonly #options: AuthorizationOptions
  readonly #services: Pick<HttpServices, 'requests' | 'local'>

  constructor(options: AuthorizationOptions, services: Pick<HttpServices, 'requests' | 'local'>) {
    this.#options = options
    this.#services = services
  }

  /**
   * Identifies the sender of a request, and checks that it has a right. One that writes is somebody.
   *
   * @throws {Problem} 401
   * @throws Refusal `token-scope`, `too-many-attempts`, `unavailable`; of a guest, `account-required`, `name-invalid`, `name-reserved`, `name-in-use`
   */
  authorize(request: FastifyRequest, right: 'write'): Promise<Writer>
  authorize(request: FastifyRequest, right: TokenRight): Promise<Caller>
  async authorize(request: FastifyRequest, right: TokenRight): Promise<Caller> {
    const { chat } = this.#options
    const address = this.#services.requests.addressOf(request)
    const header = request.headers[PASSWORD_HEADER]
    const password = typeof header === 'string' ? Buffer.from(header, 'latin1').toString() : undefined
    const common = { address, password }
    const as = await this.#provenBy(request, right)
    if (as !== undefined) {
      const author = await this.#authorOf(as, request)
      const proof = typeof as === 'string' ? undefined : as
      return { ...common, identity: author, name: author.name, proof, author }
    }
    if (right === 'read' && this.#mayAnybodyRead(request)) {
      const identity = await chat.access.identify('', address)
      return { ...common, identity, name: undefined, proof: undefined, author: undefined }
    }
    throw new Problem(401, 'unauthorized', AUTHORIZE + this.#otherwise(request, right))
  }

  /**
   * Checks that the sender of a request that takes long may still write: that its token has not ended, for instance.
   *
   * @throws {Problem} 401, 403
   * @throws Refusal as {@link authorize} does
   */
  async renew(request: FastifyRequest, { proof }: Caller): Promise<void> {
    if (this.#services.requests.isBanned(request)) throw new Problem(403, 'forbidden', 'Your address is banned')
    // A password is not hashed again.
    if (proof && !proof.token) await this.#authorOf(proof, request)
    else await this.authorize(request, 'write')
  }

  /**
   * Finds a room that a caller may read, by its slug.
   *
   * @throws {Problem} 404 for a room that does not exist, or whose password the caller cannot show
   * @throws Refusal `token-scope`, `banned`, `invite-only`, `too-many-attempts`, `unavailable`
   */
  async readableRoom(caller: Caller, slug: string): Promise<RoomRecord> {
    return (await this.openRoom(caller, slug)).room
  }

  /** Does what {@link readableRoom} does; `unlocked` is undefined if the role of the caller stood for the password of the room. */
  async openRoom(caller: Caller, slug: string): Promise<{ room: RoomRecord; unlocked: RoomRecord | undefined }> {
    // First, as a token for other rooms is not to tell whether there is such a room.
    if (caller.author) checkScope(caller.author, 'read', slug)
    const room = await this.#find(caller, slug)
    const unlocked = await this.#unlocked(caller, room)
    await this.#options.chat.access.check(caller.identity, room, unlocked)
    return { room, unlocked }
  }

  /**
   * Checks that a caller may still read a room that it has opened, see {@link openRoom}. Its role may have ended: then its password counts.
   *
   * @throws Refusal `room-private`, `banned`, `invite-only`, `too-many-attempts`, `unavailable`
   */
  async checkReader(caller: Caller, room: RoomRecord, unlocked: RoomRecord | undefined): Promise<void> {
    const shown = unlocked ?? (await this.#unlocked(caller, room).catch(refuseRoom))
    await this.#options.chat.access.check(caller.identity, room, shown)
  }

  /**
   * Finds or makes a room, by its slug, in which a caller may speak.
   *
   * @throws {Problem} 404 as {@link readableRoom}
   * @throws Refusal as `Posting.open` and `Posting.enter` do
   */
  async enter(caller: Writer, slug: string): Promise<AuthorInRoom> {
    const { record } = await this.#options.chat.posting.open(caller.author, slug)
    return this.#enter(caller, record)
  }

  /** Does what {@link enter} does for a room that exists. @throws {Problem} 404 */
  async visit(caller: Writer, slug: string): Promise<AuthorInRoom> {
    checkScope(caller.author, 'write', slug)
    return this.#enter(caller, await this.#find(caller, slug))
  }

  async #enter(caller: Writer, room: RoomRecord): Promise<AuthorInRoom> {
    return this.#options.chat.posting.enter(caller.author, room, await this.#unlocked(caller, room))
  }

  async #find(caller: Caller, slug: string): Promise<RoomRecord> {
    const room = await this.#options.chat.rooms.find(slug)
    // A room is not found by its title here.
    if (room && fold(room.slug) === fold(slug)) return room
    await this.#showPassword(caller, undefined)
    throw unknownRoom(slug)
  }

  /**
   * Returns a room as it was when a caller has shown its password; undefined for those who govern the room and need not show it. Whether the
   * room exists is nobody else's business.
   *
   * @throws {Problem} 404 without the password of the room
   * @throws Refusal `too-many-attempts`, `unavailable`
   */
  async #unlocked(caller: Caller, room: RoomRecord): Promise<RoomRecord | undefined> {
    const { identity } = caller
    if (room.hash === undefined) return room
    if ((await this.#options.chat.access.stateOf(room, identity)).governs(identity)) return undefined
    if (!(await this.#showPassword(caller, room))) throw unknownRoom(room.slug)
    return room
  }

  /** Resolves with true if a caller has the password of a room. It takes as long, and counts as much, where there is no room. */
  async #showPassword({ address, password }: Caller, room: RoomRecord | undefined): Promise<boolean> {
    if (password === undefined) return false
    try {
      await this.#options.chat.passwords.check(room, password, address)
      return true
    } catch (error) {
      if (error instanceof Refusal && error.code === 'password-wrong') return false
      throw error
    }
  }

  /** Returns advice for the sender of a request without authorization. */
  #otherwise({ routeOptions }: FastifyRequest, right: TokenRight): string {
    if (right === 'read' && routeOptions.url?.startsWith('/rooms'))
      return '; the operator can let everybody read public rooms (--public-read)'
    return routeOptions.config.guests ? ', or speak as a guest with ?as=NICKNAME' : ''
  }

  #mayAnybodyRead({ host }: FastifyRequest): boolean {
    const { publicRead } = this.#options
    // A proxy that is not declared shows itself by the name of the host.
    return publicRead === 'always' || (publicRead === 'local' && this.#services.local && !isRebound(host, []))
  }

  /** Returns the proof of an account, or the nickname of a guest; undefined if the request has neither. */
  async #provenBy(request: FastifyRequest, right: TokenRight): Promise<Proof | string | undefined> {
    const { headers, query, routeOptions } = request
    const { authorization } = headers
    const { as } = query as Readonly<Record<string, unknown>>
    if (authorization !== undefined) {
      if (as !== undefined) throw new Problem(400, 'invalid-request', 'as is for guests, without Authorization')
      return this.#proofOf(request, authorization, right)
    }
    return right === 'write' && routeOptions.config.guests && typeof as === 'string' ? as : undefined
  }

  async #proofOf(request: FastifyRequest, authorization: string, right: TokenRight): Promise<Proof> {
    const { chat } = this.#options
    const [, token] = BEARER.exec(authorization) ?? []
    if (token !== undefined) {
      const used = await chat.tokens.use(token)
      if (!used) throw new Problem(401, 'unauthorized', 'The token is invalid, revoked, or has ended')
      if (!used.scope.rights.includes(right)) throw new Refusal('token-scope')
      return used.proof
    }
    const basic = readBasic(authorization)
    if (!basic) throw new Problem(401, 'unauthorized', 'Authorization is Bearer TOKEN, or Basic')
    const address = this.#services.requests.addressOf(request)
    return chat.accounts.authenticate(basic.name, basic.password, address).catch(refuseSecret)
  }

  async #authorOf(as: string | Proof, request: FastifyRequest): Promise<Author> {
    const asker = this.#services.requests.askerOf(request)
    return this.#options.chat.authors.identify(as, asker, PROTOCOL).catch(refuseSecret)
  }
}

function unknownRoom(slug: string): Problem {
  return new Problem(404, 'not-found', `No such room: ${slug}`)
}

/** Tells a client of a room that it may not read it, as it knows that the room exists. */
function refuseRoom(error: unknown): never {
  throw error instanceof Problem ? new Refusal('room-private') : error
}

/** Answers a wrong secret after a delay, with the same problem whatever was wrong. */
async function refuseSecret(error: unknown): Promise<never> {
  if (!(error instanceof Refusal) || !WRONG_CREDENTIALS.has(error.code)) throw error
  await delayGuess()
  throw new Problem(401, 'unauthorized', 'Name or password incorrect')
}
