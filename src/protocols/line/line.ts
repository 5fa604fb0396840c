import type { Admission } from '../../transport/admission.ts'
import { Listener } from '../../transport/listener.ts'
import type { Certificate } from '../../transport/port.ts'
import { LineConnection, type LineOptions } from './connection.ts'

/** The line protocol over TCP, or over TLS when given a certificate (docs/protocols/line.md). */
export function lineListener(options: LineOptions, admission: Admission, certificate?: Certificate): Listener {
  return new Listener({
    name: certificate ? 'line-tls' : 'line',
    log: options.log,
    admission,
    tally: options.tally,
    certificate,
    lastWord: options.lastWord,
    welcome: (socket, address) => new LineConnection(socket, options, address),
  })
}
