import type { Protocol } from '../session.ts'
import { chatroom, chatterbox } from './frames.ts'
import { irc, ircWebSocket } from './irc.ts'
import { line, lineTls, lineWebSocket } from './line.ts'
import { tls } from './tls.ts'
import { globes, http, piratchat, roomsApi } from './web.ts'

export const PROTOCOLS = {
  line,
  'line-tls': lineTls,
  'line-websocket': lineWebSocket,
  tls,
  chatterbox,
  chatroom,
  irc,
  'irc-websocket': ircWebSocket,
  piratchat,
  globes,
  'rooms-api': roomsApi,
  http,
} as const satisfies Record<string, Protocol>

export type ProtocolName = keyof typeof PROTOCOLS

export function isProtocolName(text: string): text is ProtocolName {
  return Object.hasOwn(PROTOCOLS, text)
}
