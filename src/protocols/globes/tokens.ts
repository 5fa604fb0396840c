import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { RoomRecord } from '../../engine/engine.ts'

const ALGORITHM = 'HS256'
const LIFE_S = 3_600

/**
 * Tokens for rooms that are not public, valid for a nickname and an hour (docs/protocols/globes.md, section 2.8). The key of a room is
 * derived from the server's secret and the room's id and password hash: a token is invalid at other rooms, and after the end of the
 * room.
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

  /** Returns the nickname of a token; undefined if it is invalid for this room, or expired. */
  async read(room: RoomRecord, token: string | undefined): Promise<string | undefined> {
    if (!token) return undefined
    const [{ jwtVerify }, key] = [await jose(), await this.#keyOf(room)]
    try {
      const { payload } = await jwtVerify(token, key, { algorithms: [ALGORITHM], requiredClaims: ['exp'] })
      const { username, room_id } = payload
      return room_id === room.id && typeof username === 'string' ? username : undefined
    } catch {
      // Every error means that the token is invalid.
      return undefined
    }
  }

  async #keyOf({ hash, id }: RoomRecord): Promise<Uint8Array> {
    return createHmac('sha256', await this.#secret())
      .update(`${id}:${hash}`)
      .digest()
  }
}

/** Returns the token of a request: from `Authorization`, else from the subprotocol, which a browser's WebSocket can set. */
export function roomTokenOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers
  if (authorization !== undefined) return authorization.replace(/^(?:Bearer|Token) +/i, '').trim()
  return headers['sec-websocket-protocol']?.split(',', 1)[0]?.trim()
}

/** Loads the library with the first token, as it takes a quarter of a start. */
function jose() {
  return import('jose')
}
