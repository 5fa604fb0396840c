/** What a server says over WebSockets: frames (RFC 6455, 5.2), and in them the messages of the protocol. */
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { BINARY, CLOSE, PING, PONG, TEXT } from '../../support/websocket.ts'
import { checkIrcLine } from './irc.ts'
import { checkLine } from './line.ts'

const exact = { additionalProperties: false }
const Text = Type.String()
/** docs/protocols/piratchat.md, section 2.7, and docs/protocols/globes.md, section 2.10. The line protocol's have a `type`. */
const Message = Compile(
  Type.Union([
    Type.Object({ event: Type.Union([Type.Literal('join'), Type.Literal('leave')]), username: Text }, exact),
    Type.Object({ message: Text, author: Text }, exact),
    Type.Object({ status: Type.Literal(true) }, exact),
    Type.Object({ status: Type.Literal(false), code: Text }, exact),
    Type.Object(
      {
        event_type: Type.Union([Type.Literal('join'), Type.Literal('send'), Type.Literal('leave')]),
        name: Text,
        room_id: Type.Optional(Type.Integer()),
        color: Type.Optional(Text),
        msg: Text,
        time: Type.Optional(Text),
        verified: Type.Optional(Type.Literal(true)),
      },
      exact,
    ),
  ]),
)
/** Close codes that a server of these protocols sends (1011 is a fault), and those that clients may, which it sends back. */
const CODES = new Set([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1012, 1013, 1014])
const [FIRST_OWN, LAST_OWN] = [3000, 4999]
const FINAL = 0x80

/** Returns the number of messages. */
export function checkWebSocket(received: Buffer, complete: boolean): number {
  let count = 0
  for (let at = 0; at < received.length; ) {
    const frame = frameAt(received, at)
    if (!frame) {
      if (complete) throw new Error('half a frame')
      return count
    }
    at = frame.end
    switch (frame.opcode) {
      case TEXT:
        checkMessage(new TextDecoder('utf-8', { fatal: true }).decode(frame.payload))
        count++
        break
      case BINARY:
        checkIrcLine(new TextDecoder('utf-8', { fatal: true }).decode(frame.payload))
        count++
        break
      case CLOSE:
        checkClose(frame.payload)
        if (at < received.length) throw new Error('something behind a close frame')
        break
      case PING:
      case PONG:
        break
      default:
        throw new Error(`a frame of opcode ${frame.opcode}`)
    }
  }
  return count
}

function frameAt(bytes: Buffer, at: number): { opcode: number; payload: Buffer; end: number } | undefined {
  const [first, second] = [bytes[at], bytes[at + 1]]
  if (first === undefined || second === undefined) return undefined
  if ((first & 0xf0) !== FINAL) throw new Error(`a frame that begins with ${first}`)
  if (second > 127) throw new Error('a masked frame')
  const start = at + 2 + (second === 127 ? 8 : second === 126 ? 2 : 0)
  if (bytes.length < start) return undefined
  const length =
    second === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : second === 126 ? bytes.readUInt16BE(at + 2) : second
  if (second > 125 && length < (second === 127 ? 65_536 : 126)) throw new Error('a length that is not the shortest')
  const opcode = first & 15
  if (opcode >= CLOSE && length > 125) throw new Error('a long control frame')
  const end = start + length
  return bytes.length < end ? undefined : { opcode, payload: bytes.subarray(start, end), end }
}

function checkClose(payload: Buffer): void {
  if (payload.length === 0) return
  const code = payload.readUInt16BE()
  if (!CODES.has(code) && !(code >= FIRST_OWN && code <= LAST_OWN)) throw new Error(`closed with ${code}`)
  new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(2))
}

function checkMessage(text: string): void {
  if (!text.startsWith('{')) checkIrcLine(text)
  else
    for (const line of text.split('\n')) {
      const value: unknown = JSON.parse(line)
      if (typeof value === 'object' && value !== null && 'type' in value) checkLine(line)
      else if (!Message.Check(value)) throw new Error(`not a message of a protocol: ${line}`)
    }
}
