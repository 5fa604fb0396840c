import type { FastifyRequest } from 'fastify'
import { LOBBY } from '../../chat/chat.ts'
import type { Proof } from '../../chat/credentials.ts'
import { isAtLeast, NOBODY } from '../../chat/room-state.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import { readBasic } from '../../transport/http/basic.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import { GlobesError } from './errors.ts'
import type { GlobesContext } from './options.ts'
import { refuseGuess } from './refusals.ts'
import { roomTokenOf } from './tokens.ts'

/** The right of a request to change a room. */
export interface Right {
  /** Its reason, for the log. */
  readonly by: string
  /** The account that has it by its rank. */
  readonly proof?: Proof
}

/** Authorization to change and delete rooms (docs/protocols/globes.md, sections 2.3 to 2.5). */
export class Rights {
  readonly #shared: GlobesContext
  readonly #requests: HttpServices['requests']

  constructor(shared: GlobesContext, requests: HttpServices['requests']) {
    this.#shared = shared
    this.#requests = requests
  }

  /**
   * Returns the right of a request to change the room. Rooms with an owner or operators are changed by accounts of a rank
   * of at least `least`, and by no others.
   *
   * @throws {GlobesError} 403 for a missing token, else 104
   */
  async check(room: RoomRecord, request: FastifyRequest, least: 'operator' | 'owner'): Promise<Right> {
    const { chat, publicRooms } = this.#shared
    const isPublic = room.hash === undefined
    if (isPublic && publicRooms === 'closed') throw new GlobesError(104)
    const state = await chat.access.stateOf(room, NOBODY)
    const published = state.isGoverned ? undefined : await this.#findPublished(room, request)
    if (published !== undefined) return { by: published }
    const proof = await this.#findAccount(request)
    if (proof) {
      const rank = state.rankOf(await chat.access.identify(proof, this.#requests.addressOf(request)))
      if (isAtLeast(rank, state.isGoverned ? least : 'admin')) return { by: `${rank} ${proof.name}`, proof }
    }
    throw isPublic || state.isGoverned ? new GlobesError(104) : new GlobesError(403, 'token')
  }

  /** Returns the reason why a request may change a room by the published rules; undefined where only an admin may. */
  async #findPublished(room: RoomRecord, request: FastifyRequest): Promise<string | undefined> {
    const { chat, tokens, publicRooms } = this.#shared
    if (room.hash !== undefined) {
      const name = await tokens.read(room, roomTokenOf(request.headers))
      return name === undefined ? undefined : `token of ${name}`
    }
    if (publicRooms === 'open') return 'anybody'
    const isCreator = room.id !== LOBBY && (await chat.makers.mayUndo(room, this.#requests.addressOf(request)))
    return isCreator ? 'creator' : undefined
  }

  /** Returns the account of a request by its password or token. The cookie does not count, as a page can send it (CSRF). */
  async #findAccount(request: FastifyRequest): Promise<Proof | undefined> {
    const { chat, logins } = this.#shared
    const basic = readBasic(request.headers.authorization)
    if (!basic) return (await logins.findByToken(request))?.proof
    return chat.accounts
      .authenticate(basic.name, basic.password, this.#requests.addressOf(request))
      .catch((error) => refuseGuess(error, 104))
  }
}
