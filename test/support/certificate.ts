import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import { rootFolder, temporaryFolder } from './folder.ts'

export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
  /** What a client trusts, PEM. */
  readonly cert: string
}

/** The self-signed certificate for `localhost` that all tests share. */
export function certificate(): Certificate {
  return certificateIn(rootFolder())
}

/** How a TLS client trusts it: made once for all, as that takes as long as a handshake. */
export function trust(): { readonly secureContext: SecureContext; readonly servername: string } {
  trusting ??= createSecureContext({ ca: certificate().cert })
  return { secureContext: trusting, servername: 'localhost' }
}

let trusting: SecureContext | undefined

/** The same as a listener takes it. */
export function loadTestCertificate(): { cert: Buffer; key: Buffer } {
  const { certFile, keyFile } = certificate()
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) }
}

/** Another one. */
export function makeCertificate(folder = temporaryFolder()): Certificate {
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-noenc',
    '-keyout',
    join(folder, 'key.pem'),
  ]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-out', join(folder, 'cert.pem')], { stdio: 'pipe' })
  return certificateIn(folder)
}

function certificateIn(folder: string): Certificate {
  const certFile = join(folder, 'cert.pem')
  return { certFile, keyFile: join(folder, 'key.pem'), cert: readFileSync(certFile, 'utf8') }
}
