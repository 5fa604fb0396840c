import type { FastifyRequest } from 'fastify'
import { LOBBY } from '../../chat/chat.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import { GlobesError } from './errors.ts'
import type { GlobesContext } from './options.ts'
import { refuseGuess } from './refusals.ts'
import { roomTokenOf } from './tokens.ts'

/** Authorization to change and delete rooms (docs/protocols/globes.md, sections 2.3 to 2.5). */
export class Rights {
  readonly #shared: GlobesContext
  readonly #requests: HttpServices['requests']

  constructor(shared: GlobesContext, requests: HttpServices['requests']) {
    this.#shared = shared
    this.#requests = requests
  }

  /**
   * Returns the reason why a request may change the room, for the log.
   *
   * @throws {GlobesError} 403 for a missing token, else 104
   */
  async check(room: RoomRecord, request: FastifyRequest): Promise<string> {
    const { chat, tokens, publicRooms } = this.#shared
    if (room.hash !== undefined) {
      const name = await tokens.read(room, roomTokenOf(request.headers))
      if (name !== undefined) return `token of ${name}`
    } else if (publicRooms !== 'owned') {
      if (publicRooms === 'open') return 'anybody'
      throw new GlobesError(104)
    } else if (room.id !== LOBBY && (await chat.makers.mayUndo(room, this.#requests.addressOf(request)))) {
      return 'creator'
    }
    const admin = await this.#findAdmin(request)
    if (admin !== undefined) return `admin ${admin}`
    throw room.hash === undefined ? new GlobesError(104) : new GlobesError(403, 'token')
  }

  /** Returns the admin of a request by its password or token. The cookie does not count, as a page can send it (CSRF). */
  async #findAdmin(request: FastifyRequest): Promise<string | undefined> {
    const { chat, logins } = this.#shared
    const basic = readBasic(request.headers.authorization)
    const proof = basic
      ? await chat.accounts
          .authenticate(basic.name, basic.password, this.#requests.addressOf(request))
          .catch((error) => refuseGuess(error, 104))
      : (await logins.findByToken(request))?.proof
    return proof && (await chat.admins.has(proof.name)) ? proof.name : undefined
  }
}

/** Parses HTTP Basic credentials (RFC 7617) in UTF-8. */
function readBasic(authorization = ''): { name: string; password: string } | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+=*)$/i.exec(authorization) ?? []
  if (encoded === undefined) return undefined
  const [, name, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  return name === undefined || password === undefined ? undefined : { name, password }
}
