/** Tokens that no server has given. */
import { SignJWT, UnsecuredJWT } from 'jose'

export function forged(key: string | Uint8Array, claims: Record<string, unknown>, alg = 'HS256'): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT' }).sign(Buffer.from(key))
}

/** With `alg` `none`. */
export function unsigned(username: string, room_id: number): string {
  return new UnsecuredJWT({ username, room_id }).setExpirationTime('1h').encode()
}
