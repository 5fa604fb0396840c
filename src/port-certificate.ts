import type { Logger } from 'pino'
import { type LoadedCertificate, loadCertificate } from './certificate.ts'
import type { Config } from './config.ts'
import { PROTOCOLS } from './protocols/all.ts'
import type { PlacedPort } from './protocols/protocol.ts'

/** Loads the certificate if a listener needs one. */
export async function certificateOf(config: Config, log: Logger): Promise<LoadedCertificate | undefined> {
  if (!PROTOCOLS.some((protocol) => protocol.needsTls?.(config))) return undefined
  const certificate = await loadCertificate(config)
  log.info(shown(certificate), certificate.made ? 'certificate made' : 'certificate read')
  return certificate
}

/** Loads the certificate again for new connections. An invalid one is logged, and the old one stays in use. */
export async function renewCertificate(
  certificate: LoadedCertificate | undefined,
  ports: readonly PlacedPort[],
  config: Config,
  log: Logger,
): Promise<void> {
  if (!certificate?.file) {
    log.info('no certificate file to reload')
    return
  }
  try {
    const renewed = await loadCertificate(config, false)
    for (const { port } of ports) port.setCertificate(renewed)
    log.info(shown(renewed), 'certificate replaced')
  } catch (error) {
    log.error({ err: error }, 'invalid certificate; the old one stays in use')
  }
}

/** Returns the fields of a certificate for the log. */
function shown({ file, fingerprint, until }: LoadedCertificate) {
  return { file: file ?? 'none', sha256: fingerprint, until }
}
