import { disconnectText } from '../../transport/disconnect.ts'
import { FrameReader } from '../../transport/frames.ts'
import type { Certificate, Port } from '../../transport/port.ts'
import { socketListener } from '../../transport/tcp.ts'
import type { ProtocolHost } from '../protocol.ts'
import { ChatterboxConversation } from './conversation.ts'
import { frame } from './frame.ts'
import { Roster } from './roster.ts'
import type { WelcomeOptions } from './welcome.ts'
import { ChatterboxWire } from './wire.ts'

/** Maximum bytes of a payload (docs/protocols/chatterbox.md, section 2.4). */
const MAX_FRAME = 65_536

/** Returns a function that creates ports over TLS, or over TCP without a certificate. They share the encoded events. */
export function chatterboxListeners(
  { chat, log, admission, limits }: ProtocolHost,
  settings: WelcomeOptions,
): (certificate: Certificate | undefined) => Port {
  const shared = { ...settings, chat, log, wire: new ChatterboxWire(), roster: new Roster(chat) }
  return (certificate) =>
    socketListener({
      name: certificate ? 'chatterbox' : 'chatterbox-plain',
      admission,
      certificate,
      // Clients expect each frame in one TLS record (docs/protocols/chatterbox.md, section 5.2).
      options: { ...limits, writesEach: true, lastWord: (...why) => frame({ ERROR: disconnectText(...why) }) },
      framing: () => new FrameReader(MAX_FRAME),
      converse: (link) => new ChatterboxConversation(shared, link),
    })
}
