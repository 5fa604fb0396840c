import { chatroomProtocol } from './chatroom/chatroom.ts'
import { chatterboxProtocol } from './chatterbox/chatterbox.ts'
import { globesProtocol } from './globes/globes.ts'
import { httpProtocol } from './http.ts'
import { ircProtocol } from './irc/irc.ts'
import { lineProtocol } from './line/line.ts'
import { operationProtocol } from './operation/operation.ts'
import { pageProtocol } from './page/protocol.ts'
import { piratchatProtocol } from './piratchat/piratchat.ts'
import { roomsApiProtocol } from './rooms-api/rooms-api.ts'

/** All protocols, in the order of their options in the help text. */
export const PROTOCOLS = [
  lineProtocol,
  ircProtocol,
  chatterboxProtocol,
  chatroomProtocol,
  httpProtocol,
  roomsApiProtocol,
  globesProtocol,
  piratchatProtocol,
  pageProtocol,
  operationProtocol,
] as const

type Intersection<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never

type ProtocolOptions = Intersection<(typeof PROTOCOLS)[number]['options']>

export const PROTOCOL_OPTIONS: ProtocolOptions = Object.assign({}, ...PROTOCOLS.map(({ options }) => options))
