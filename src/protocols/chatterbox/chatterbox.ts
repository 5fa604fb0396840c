import type { Chat } from '../../chat/chat.ts'
import type { Admission } from '../admission.ts'
import type { ConnectionOptions } from '../connection.ts'
import { DISCONNECTS } from '../disconnect.ts'
import type { FrameOptions } from '../frames/connection.ts'
import { frameListener, MAX_FRAME } from '../frames/listener.ts'
import type { Listener } from '../listener.ts'
import type { Certificate } from '../protocol.ts'
import { Conversation, type ConversationSettings } from './conversation.ts'
import { frame } from './frame.ts'
import { Roster } from './roster.ts'
import { ChatterboxWire } from './wire.ts'

/** Context of all listeners of the protocol, which share the bytes that they send. */
export function chatterboxOptions(
  chat: Chat,
  { log, tally, maxQueue, pace, loginTimeout }: Omit<ConnectionOptions, 'lastWord'>,
  settings: ConversationSettings,
): FrameOptions {
  const options = { ...settings, chat, log, wire: new ChatterboxWire(), roster: new Roster(chat) }
  return {
    log,
    tally,
    maxQueue,
    pace,
    loginTimeout,
    maxFrame: MAX_FRAME,
    recordEach: true,
    lastWord: (reason) => frame({ ERROR: DISCONNECTS[reason].text }),
    converse: (link) => new Conversation(options, link),
  }
}

/** Chatterbox over TLS, or over plain TCP without a certificate (docs/protocols/chatterbox.md). */
export function chatterboxListener(options: FrameOptions, admission: Admission, certificate?: Certificate): Listener {
  return frameListener(certificate ? 'chatterbox' : 'chatterbox-plain', options, admission, certificate)
}
