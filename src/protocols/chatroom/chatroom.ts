import type { Chat } from '../../chat/chat.ts'
import type { Admission } from '../admission.ts'
import type { ConnectionOptions } from '../connection.ts'
import { FrameConnection, type FrameOptions } from '../frames/connection.ts'
import { Listener } from '../listener.ts'
import type { Certificate } from '../protocol.ts'
import { ChatroomConversation } from './conversation.ts'
import { Pages } from './pages.ts'
import { ChatroomWire, lastFrame } from './wire.ts'

/** Bytes of a payload (protocols/chatroom.md, 6.3). */
const LONGEST = 65_536

export interface ChatroomOptions extends Pick<ConnectionOptions, 'log' | 'maxQueue' | 'pace' | 'loginTimeout'> {
  readonly chat: Chat
}

/** Python-Chat-Room's protocol, which is always over TLS (protocols/chatroom.md). */
export function chatroomListener(
  { chat, log, maxQueue, pace, loginTimeout }: ChatroomOptions,
  admission: Admission,
  certificate: Certificate | undefined,
): Listener {
  if (!certificate) throw new Error('passwords are not taken without TLS')
  const shared = { chat, wire: new ChatroomWire(), pages: new Pages(chat), loggingIn: new Set<string>() }
  const options: FrameOptions = {
    log,
    maxQueue,
    pace,
    loginTimeout,
    lastWord: lastFrame,
    maxFrame: LONGEST,
    recordEach: false,
    converse: (link) => new ChatroomConversation(shared, link),
  }
  return new Listener({
    name: 'chatroom',
    log,
    admission,
    certificate,
    lastWord: lastFrame,
    welcome: (socket) => new FrameConnection(socket, options),
  })
}
