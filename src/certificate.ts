/** The certificate of all TLS listeners: that of the options, or a self-signed one created by the first start. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { type Config, ConfigError } from './config.ts'
import { giveToOwnerOfFolder, makePrivateFolder } from './private-folder.ts'
import { readWhole } from './read-whole.ts'
import type { Certificate } from './transport/port.ts'

const DAY_MS = 86_400_000
const VALID_DAYS = 3_650
/** P-256, by its name in OpenSSL. */
const CURVE = 'prime256v1'

export interface LoadedCertificate extends Certificate {
  /** Path of the certificate file; undefined for a certificate in memory. */
  readonly file: string | undefined
  /** SHA-256, as `openssl x509 -fingerprint -sha256` shows it. */
  readonly fingerprint: string
  /** Expiry date, UTC. */
  readonly until: string
  /** True if this start has created it. */
  readonly made: boolean
}

/**
 * Reads the certificate, or creates a self-signed one if there is none and `mayMake` is true.
 *
 * @throws {ConfigError} if the certificate is invalid
 */
export async function loadCertificate(
  config: Pick<Config, 'data' | 'tls-cert' | 'tls-key'>,
  mayMake = true,
): Promise<LoadedCertificate> {
  const { data } = config
  const inMemory = data === ':memory:'
  const certFile = config['tls-cert'] ?? join(data, 'cert.pem')
  const keyFile = config['tls-key'] ?? join(data, 'key.pem')
  const own = config['tls-cert'] === undefined
  if (own && inMemory) {
    const key = makeKey()
    return { ...checked({ cert: await make(key), key }, 'cert.pem', 'key.pem'), file: undefined, made: true }
  }
  const made = mayMake && own && !existsSync(certFile) && (await write(data, certFile, keyFile))
  return { ...checked(await read(certFile, keyFile), certFile, keyFile), file: certFile, made }
}

async function read(certFile: string, keyFile: string): Promise<Certificate> {
  try {
    return { cert: await readWhole(certFile), key: await readWhole(keyFile) }
  } catch (error) {
    throw new ConfigError(`cannot read the certificate: ${reason(error)}`)
  }
}

/**
 * Writes the key, then the certificate, each atomically, so that a certificate always has its key. Files are never overwritten: when
 * several processes start in one folder at the same time, all use the first key and the first certificate. Resolves with true if
 * the certificate is that of this process.
 */
async function write(folder: string, certFile: string, keyFile: string): Promise<boolean> {
  try {
    makePrivateFolder(folder)
    // A key without a certificate is left by an interrupted first start; a key of another form is renamed.
    if (existsSync(keyFile) && !isOurs(await readWhole(keyFile))) await rename(keyFile, `${keyFile}.old`)
    if (!existsSync(keyFile)) await install(keyFile, makeKey(), 0o600)
    return await install(certFile, await make(await readWhole(keyFile)), 0o644)
  } catch (error) {
    throw new ConfigError(`cannot write a certificate: ${reason(error)}`)
  }
}

/** Creates a file atomically; false if it exists. */
async function install(file: string, content: Buffer, mode: number): Promise<boolean> {
  const fresh = `${file}.${randomBytes(8).toString('hex')}`
  try {
    await writeFile(fresh, content, { mode })
    giveToOwnerOfFolder(fresh)
    await link(fresh, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    // The file system has no hard links; here a simultaneous start may overwrite the file.
    await rename(fresh, file)
    return true
  } finally {
    await rm(fresh, { force: true })
  }
}

/** Returns true for a key of the form that {@link makeKey} makes. */
function isOurs(key: Buffer): boolean {
  try {
    return createPrivateKey(key).asymmetricKeyDetails?.namedCurve === CURVE
  } catch {
    return false
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

/** Returns the first line of an error's message. */
function reason(error: unknown): string {
  const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return first
}

function makeKey(): Buffer {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: CURVE })
  return Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' }))
}

/** Creates a self-signed certificate that is its own CA, so that a client can trust it alone. */
async function make(key: Buffer): Promise<Buffer> {
  // The library is slow to load, and is needed once for each data folder.
  const { generate } = await import('selfsigned')
  const host = hostname()
  const names = /^[\w.-]+$/.test(host) && host !== 'localhost' ? ['localhost', host] : ['localhost']
  const now = Date.now()
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' })
  const { cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyPair: { privateKey: String(key), publicKey: String(publicKey) },
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
  return Buffer.from(cert)
}
