import { clean, isLonger } from '../../../chat/text.ts'
import { readObject } from '../../json.ts'

/** A message of a client on its WebSocket (docs/protocols/globes.md, section 2.10). */
export interface ClientEvent {
  readonly type: 'join' | 'send' | 'leave'
  readonly name: string
  /** Text of a `send`. */
  readonly text: string
  readonly color: string | undefined
}

const TYPES = ['join', 'send', 'leave'] as const
/** Maximum characters of a colour. */
const MAX_COLOR = 32

/** Parses an event; undefined for an invalid one, which gets no reply. The length of the text is not checked. */
export function readEvent(message: string): ClientEvent | undefined {
  const { event_type, name, msg, color } = readObject(message) ?? {}
  const type = TYPES.find((word) => word === event_type)
  if (!type || typeof name !== 'string' || name === '') return undefined
  const text = type === 'send' && typeof msg === 'string' ? clean(msg) : ''
  if (type === 'send' && text === '') return undefined
  return { type, name, text, color: colorOf(color) }
}

/** Returns a short text; undefined for other values. */
function colorOf(value: unknown): string | undefined {
  const color = typeof value === 'string' ? clean(value) : ''
  return color === '' || isLonger(color, MAX_COLOR) ? undefined : color
}
