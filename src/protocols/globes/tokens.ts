import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { RoomRecord } from '../../engine/engine.ts'

const ALGORITHM = 'HS256'
const LIFE_S = 3_600

/**
 * Tokens that open a room that is not public, for a nickname and an hour (docs/protocols/globes.md, section 2.8). Each room has a key of its own, made
 * of the server's secret and the room's password hash and number: a token is good for nothing at another room, nor when the
 * room is no more.
 */
export class Tokens {
  readonly #secret: () => Promise<string>

  constructor(secret: () => Promise<string>) {
    this.#secret = secret
  }

  async issue(room: RoomRecord, username: string): Promise<string> {
    const { SignJWT } = await jose()
    return new SignJWT({ username, room_id: room.id })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setExpirationTime(Math.floor(Date.now() / 1_000) + LIFE_S)
      .sign(await this.#keyOf(room))
  }

  /** The name that a token is for; undefined when it is none of this room, or not any more. */
  async read(room: RoomRecord, token: string | undefined): Promise<string | undefined> {
    if (!token) return undefined
    const [{ jwtVerify }, key] = [await jose(), await this.#keyOf(room)]
    try {
      const { payload } = await jwtVerify(token, key, { algorithms: [ALGORITHM], requiredClaims: ['exp'] })
      const { username, room_id } = payload
      return room_id === room.id && typeof username === 'string' ? username : undefined
    } catch {
      // Whatever is wrong with it.
      return undefined
    }
  }

  async #keyOf({ hash, id }: RoomRecord): Promise<Uint8Array> {
    return createHmac('sha256', await this.#secret())
      .update(`${id}:${hash}`)
      .digest()
  }
}

/** The token of a request: in any of three spellings, else as the subprotocol, where a browser's WebSocket can put it. */
export function roomTokenOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers
  if (authorization !== undefined) return authorization.replace(/^(?:Bearer|Token) +/i, '').trim()
  return headers['sec-websocket-protocol']?.split(',', 1)[0]?.trim()
}

/** Loaded with the first token: it takes a quarter of a start. */
function jose() {
  return import('jose')
}
