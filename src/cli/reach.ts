import { readFileSync } from 'node:fs'
import { serverAddress } from '../client/address.ts'
import { dialOf } from '../client/node/dial.ts'
import type { Dial } from '../client/transport.ts'
import { fileFault } from '../file-fault.ts'
import { CommandFailure, misuse } from './failure.ts'
import { type ClientIdentity, identityOf, secretIn } from './identity.ts'
import type { CommonValues } from './options.ts'

const DEFAULT_SERVER = '127.0.0.1:9090'

/** A server, and the user to be there. */
export interface Reach {
  /** Address as it was given, for messages. */
  readonly server: string
  readonly dial: Dial
  readonly identity: ClientIdentity
  readonly roomPassword: string | undefined
  /** True if a secret can be asked for: input and standard error are a terminal. */
  readonly canAsk: boolean
}

/** Returns server and user from options and environment. @throws CommandFailure */
export async function reachOf(
  values: CommonValues,
  { server, suffix }: { server?: string | undefined; suffix?: string } = {},
): Promise<Reach> {
  const given = fullAddress(values.server ?? server ?? (process.env.ROOMD_SERVER || DEFAULT_SERVER))
  const passwordFile = values['room-password-file']
  return {
    server: given,
    dial: await dialTo(given, values.ca),
    identity: identityOf(values, suffix),
    roomPassword: passwordFile === undefined ? undefined : secretIn('--room-password-file', passwordFile),
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
  }
}

/** Returns the address for a port alone, which is one of this machine; other addresses as they are. */
function fullAddress(server: string): string {
  return /^:?\d{1,5}$/.test(server) ? `127.0.0.1:${server.replace(':', '')}` : server
}

/** Returns the way to a server. @throws CommandFailure */
async function dialTo(server: string, caFile: string | undefined): Promise<Dial> {
  try {
    if (caFile === undefined) return await dialOf(server)
    const address = serverAddress(server)
    const isEncrypted = address.by === 'websocket' ? address.url.startsWith('wss:') : address.by === 'tls'
    if (!isEncrypted) throw misuse('--ca is for tls://, wss:// and https://')
    return await dialOf(server, { ca: certificatesIn(caFile) })
  } catch (error) {
    if (error instanceof CommandFailure) throw error
    const text = error instanceof Error ? error.message : String(error)
    throw misuse(`--server ${server}: ${text}; write HOST, HOST:PORT, tls://HOST:PORT or http://HOST:PORT`)
  }
}

/** Returns the certificates of the option `--ca`. @throws CommandFailure */
function certificatesIn(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw misuse(`--ca ${file}: ${fileFault(error)}`)
  }
}
