/** A daemon in this process, on ports the system chooses. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { checkConfig } from '../../src/config.ts'
import { startDaemon } from '../../src/daemon.ts'

export interface TestDaemon {
  /** Port of the line protocol over TCP. */
  readonly line: number
  /** Port of the line protocol over TLS. */
  readonly lineTls: number
  /** Port of any listener, by its protocol's name. */
  port(protocol: string): number
  stop(): Promise<void>
}

export type Overrides = Readonly<Record<string, unknown>>

/** Starts a daemon without a database file, listening over TCP and TLS; `overrides` are options as in src/config.ts. */
export async function startTestDaemon(
  overrides: Overrides = {},
  log: Logger = pino({ level: 'silent' }),
): Promise<TestDaemon> {
  const { certFile, keyFile } = certificate()
  const config = checkConfig({
    line: 0,
    'line-tls': 0,
    chatterbox: false,
    chatroom: false,
    http: false,
    'tls-cert': certFile,
    'tls-key': keyFile,
    data: ':memory:',
    ...overrides,
  })
  const daemon = await startDaemon(config, log)
  const port = (name: string): number => daemon.addresses.get(name)?.port ?? Number.NaN
  return { line: port('line'), lineTls: port('line-tls'), port, stop: () => daemon.stop() }
}

export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
  /** What a client trusts, PEM. */
  readonly cert: string
}

let made: Certificate | undefined

/** A self-signed certificate for `localhost`, made once for each process that asks. */
export function certificate(): Certificate {
  return (made ??= makeCertificate())
}

/** The same as a listener takes it. */
export function loadTestCertificate(): { cert: Buffer; key: Buffer } {
  const { certFile, keyFile } = certificate()
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) }
}

/** Another one. Its folder is removed when the process ends. */
export function makeCertificate(): Certificate {
  const folder = temporaryFolder()
  process.on('exit', () => removeFolder(folder))
  const certFile = join(folder, 'cert.pem')
  const keyFile = join(folder, 'key.pem')
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-keyout', keyFile]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-out', certFile], { stdio: 'pipe' })
  return { certFile, keyFile, cert: readFileSync(certFile, 'utf8') }
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'roomd-test-'))
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
