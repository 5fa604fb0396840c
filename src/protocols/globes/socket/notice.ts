import { textFrame } from '../../../transport/websocket.ts'

/** Encodes a notice of the server to one client (docs/protocols/globes.md, section 2.10). */
export function noticeFrame(msg: string): Buffer {
  return textFrame(JSON.stringify({ event_type: 'send', name: 'server', msg }))
}
