import { FrameReader } from '../../transport/frames.ts'
import type { Port } from '../../transport/port.ts'
import { socketListener } from '../../transport/tcp.ts'
import type { ProtocolHost } from '../protocol.ts'
import { ChatroomConversation } from './conversation.ts'
import { Pages } from './pages.ts'
import { ChatroomWire, lastFrame } from './wire.ts'

/** Maximum bytes of a payload (docs/protocols/chatroom.md, section 6.3). */
const MAX_FRAME = 65_536

export function chatroomListener({ chat, log, admission, certificate, limits }: ProtocolHost): Port {
  if (!certificate) throw new Error('the Chatroom protocol needs TLS')
  const shared = { chat, log, wire: new ChatroomWire(), pages: new Pages(chat) }
  return socketListener({
    name: 'chatroom',
    admission,
    certificate,
    options: { ...limits, lastWord: lastFrame },
    framing: () => new FrameReader(MAX_FRAME),
    converse: (link) => new ChatroomConversation(shared, link),
  })
}
