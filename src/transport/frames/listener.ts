import type { Admission } from '../admission.ts'
import { Listener, type ListenerOptions } from '../listener.ts'
import type { Certificate } from '../port.ts'
import { FrameConnection, type FrameOptions } from './connection.ts'

/** Bytes of a payload that a client may send (docs/protocols/chatterbox.md, section 2.4, and docs/protocols/chatroom.md, section 6.3). */
export const MAX_FRAME = 65_536

/** A framed protocol on TLS, or on plain TCP without a certificate. */
export function frameListener(
  name: string,
  options: FrameOptions,
  admission: Admission,
  certificate?: Certificate,
): Listener {
  const { log, tally, lastWord } = options
  const welcome: ListenerOptions['welcome'] = (socket, address) => new FrameConnection(socket, options, address)
  return new Listener({ name, log, tally, admission, certificate, lastWord, welcome })
}
