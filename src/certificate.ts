/** The certificate that all TLS listeners show: the one the options name, or one made on the first run. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { type Config, ConfigError } from './config.ts'
import type { Certificate } from './protocols/protocol.ts'

const DAY_MS = 86_400_000
const VALID_DAYS = 3_650

export interface LoadedCertificate extends Certificate {
  /** Where it is kept; undefined when that is in memory only. */
  readonly file: string | undefined
  /** SHA-256, as `openssl x509 -fingerprint -sha256` shows it. */
  readonly fingerprint: string
  /** Its last moment, UTC. */
  readonly until: string
  /** Whether it has been made just now. */
  readonly made: boolean
}

/** Reads the certificate, or, where it `mayMake` one, makes it. Rejects with {@link ConfigError} when it cannot be used. */
export async function loadCertificate(
  config: Pick<Config, 'data' | 'tls-cert' | 'tls-key'>,
  mayMake = true,
): Promise<LoadedCertificate> {
  const { data } = config
  const inMemory = data === ':memory:'
  const certFile = config['tls-cert'] ?? join(data, 'cert.pem')
  const keyFile = config['tls-key'] ?? join(data, 'key.pem')
  const own = config['tls-cert'] === undefined
  if (own && inMemory) return { ...checked(await make(), 'cert.pem', 'key.pem'), file: undefined, made: true }
  // A key alone is what a first run leaves that was interrupted.
  const made = mayMake && own && !existsSync(certFile)
  if (made) await write(await make(), data, certFile, keyFile)
  return { ...checked(await read(certFile, keyFile), certFile, keyFile), file: certFile, made }
}

async function read(certFile: string, keyFile: string): Promise<Certificate> {
  try {
    return { cert: await readFile(certFile), key: await readFile(keyFile) }
  } catch (error) {
    throw new ConfigError(`cannot read the certificate: ${reason(error)}`)
  }
}

/**
 * The key first, and each appears whole or not at all: with a certificate there is always its key. No certificate is ever
 * written over; a key without one is put aside.
 */
async function write({ cert, key }: Certificate, folder: string, certFile: string, keyFile: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    if (existsSync(keyFile)) await rename(keyFile, `${keyFile}.old`)
    await writeFile(`${keyFile}.new`, key, { mode: 0o600 })
    await writeFile(`${certFile}.new`, cert)
    await rename(`${keyFile}.new`, keyFile)
    await rename(`${certFile}.new`, certFile)
  } catch (error) {
    throw new ConfigError(`cannot write a certificate: ${reason(error)}`)
  }
}

function checked({ cert, key }: Certificate, certFile: string, keyFile: string) {
  const certificate = attempt(() => new X509Certificate(cert), `${certFile} is not a certificate`)
  const privateKey = attempt(() => createPrivateKey(key), `${keyFile} is not a private key without a password`)
  if (!certificate.checkPrivateKey(privateKey)) throw new ConfigError(`${keyFile} is not the key of ${certFile}`)
  attempt(() => createSecureContext({ cert, key }), `${certFile} cannot be used for TLS`)
  return { cert, key, fingerprint: certificate.fingerprint256, until: certificate.validTo }
}

function attempt<T>(action: () => T, complaint: string): T {
  try {
    return action()
  } catch (error) {
    throw new ConfigError(`${complaint}: ${reason(error)}`)
  }
}

/** One line of it. */
function reason(error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return first
}

/** Its own authority, so that a client can trust just this certificate. */
async function make(): Promise<Certificate> {
  // Needed once in the life of a data folder, and slow to load.
  const { generate } = await import('selfsigned')
  const host = hostname()
  const names = /^[\w.-]+$/.test(host) && host !== 'localhost' ? ['localhost', host] : ['localhost']
  const now = Date.now()
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    // A client's clock may be behind.
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...names.map((value) => ({ type: 2 as const, value })), { type: 7, ip: '127.0.0.1' }],
      },
    ],
  })
  return { cert: Buffer.from(cert), key: Buffer.from(key) }
}
