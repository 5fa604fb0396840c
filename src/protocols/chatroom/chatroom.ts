import type { Chat } from '../../chat/chat.ts'
import type { Admission } from '../../transport/admission.ts'
import type { ConnectionOptions } from '../../transport/connection.ts'
import type { FrameOptions } from '../../transport/frames/connection.ts'
import { frameListener, MAX_FRAME } from '../../transport/frames/listener.ts'
import type { Listener } from '../../transport/listener.ts'
import type { Certificate } from '../../transport/port.ts'
import { ChatroomConversation } from './conversation.ts'
import { Pages } from './pages.ts'
import { ChatroomWire, lastFrame } from './wire.ts'

export interface ChatroomOptions
  extends Pick<ConnectionOptions, 'log' | 'tally' | 'maxQueue' | 'pace' | 'loginTimeout'> {
  readonly chat: Chat
  /** The most characters of a message. */
  readonly maxText: number
}

/** Python-Chat-Room's protocol, which is always over TLS (docs/protocols/chatroom.md). */
export function chatroomListener(
  { chat, maxText, log, tally, maxQueue, pace, loginTimeout }: ChatroomOptions,
  admission: Admission,
  certificate: Certificate | undefined,
): Listener {
  if (!certificate) throw new Error('passwords are not taken without TLS')
  const shared = { chat, log, maxText, wire: new ChatroomWire(), pages: new Pages(chat) }
  const options: FrameOptions = {
    log,
    tally,
    maxQueue,
    pace,
    loginTimeout,
    lastWord: lastFrame,
    maxFrame: MAX_FRAME,
    recordEach: false,
    converse: (link) => new ChatroomConversation(shared, link),
  }
  return frameListener('chatroom', options, admission, certificate)
}
