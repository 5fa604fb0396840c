/** TLS listeners, which get no handshake, half of one, or one that is mutated. */
import { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import fc from 'fast-check'
import { delivered } from '../delivery.ts'
import { checkRecords } from '../replies/records.ts'
import { type Protocol, type Step, send } from '../session.ts'
import { lines } from './line-text.ts'

/** What the runtime's client begins with; its keys differ from run to run. */
function clientHello(): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const wire = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      resolve(chunk)
      done()
    },
  })
  connect({ socket: wire, servername: 'localhost' }).on('error', () => {})
  return promise
}
const hello = send(await clientHello())

/** Application data, an alert, a change of the cipher, and a renegotiation, before any of them may come. */
const records = fc.constantFrom(
  '\x17\x03\x03\0\x05hello',
  '\x15\x03\x03\0\x02\x01\0',
  '\x14\x03\x03\0\x01\x01',
  '\x16\x03\x03\0\x04\0\0\0\0',
)
const script: fc.Arbitrary<readonly Step[]> = fc.oneof(
  fc.constant([hello]),
  fc.constant([hello, hello]),
  records.map((record) => [hello, send(Buffer.from(record, 'latin1'))]),
  records.map((record) => [send(Buffer.from(record, 'latin1')), hello]),
  lines.map((said) => [send(said.join('\n'))]),
)

export const tls: Protocol = { listener: 'line-tls', sessions: delivered(script), check: checkRecords }
