import type { FastifyRequest } from 'fastify'
import type { Chat } from '../../chat/chat.ts'
import type { Proof } from '../../chat/credentials.ts'
import { fold } from '../../chat/names.ts'
import { Refusal } from '../../chat/refusal.ts'
import type { Identity } from '../../chat/sanctions.ts'
import type { RoomRecord } from '../../engine/engine.ts'
import type { HttpServices } from '../../transport/http/routes.ts'
import { GlobesError } from './errors.ts'
import type { Logins } from './logins.ts'
import { roomTokenOf, type Tokens } from './tokens.ts'

/** The permission of a request to read a room. */
export interface GlobesPass {
  readonly room: RoomRecord
  /** The room if the request has its token, and with it the password. */
  readonly unlocked: RoomRecord | undefined
  /** Nickname of the room's token. */
  readonly username: string | undefined
  /** The account that the client is logged in to. */
  readonly proof: Proof | undefined
  readonly client: Identity
}

export interface PassesParts {
  readonly chat: Chat
  readonly tokens: Tokens
  readonly logins: Logins
  readonly requests: HttpServices['requests']
}

/** The permissions of requests to read rooms, by the token of the room, the login and the address. */
export class GlobesPasses {
  readonly #parts: PassesParts

  constructor(parts: PassesParts) {
    this.#parts = parts
  }

  /**
   * Checks whether a request may read a room.
   *
   * @throws {GlobesError} 403 without the token of a room with a password
   * @throws Refusal `banned`, `invite-only`, `unavailable`
   */
  async check(room: RoomRecord, request: FastifyRequest): Promise<GlobesPass> {
    const { chat, tokens, logins } = this.#parts
    const username = await tokens.read(room, roomTokenOf(request.headers))
    if (username === undefined && room.hash !== undefined) throw new GlobesError(403, 'token')
    const proof = (await logins.find(request))?.proof
    const client = await this.#identify(username, proof, request)
    const unlocked = username === undefined ? undefined : room
    await chat.access.checkEntrant(client, room, unlocked)
    return { room, unlocked, username, proof, client }
  }

  /** Resolves with true if a request may read a room. @throws Refusal `unavailable`. */
  async admits(room: RoomRecord, request: FastifyRequest): Promise<boolean> {
    try {
      await this.check(room, request)
      return true
    } catch (error) {
      const isDenied = error instanceof GlobesError || (error instanceof Refusal && error.code !== 'unavailable')
      if (isDenied) return false
      throw error
    }
  }

  /**
   * Checks whether the sender of a request, who has shown the password of the room if it has one, may read the room under a nickname.
   * Resolves with true if that needs a token of the room.
   *
   * @throws Refusal `banned`, `invite-only`, `unavailable`
   */
  async checkName(room: RoomRecord, name: string | undefined, request: FastifyRequest): Promise<boolean> {
    const { chat, logins } = this.#parts
    const client = await this.#identify(name, (await logins.find(request))?.proof, request)
    const state = await chat.access.checkEntrant(client, room, room)
    return room.hash !== undefined || state.mode('invite-only') !== undefined
  }

  /** A client that is logged in may also have the nickname of a guest. */
  #identify(name: string | undefined, proof: Proof | undefined, request: FastifyRequest): Promise<Identity> {
    const { chat, requests } = this.#parts
    const isOwner = proof !== undefined && (name === undefined || fold(name) === fold(proof.name))
    return chat.access.identify(isOwner ? proof : (name ?? ''), requests.addressOf(request))
  }
}
