import { clean } from '../../chat/text.ts'
import type { Event } from '../../engine/event.ts'
import { ACTION_BYTES, actionText } from './ctcp.ts'
import { MAX_LINE_BYTES, type Piece, piecesOf } from './message.ts'
import { type ChannelRoom, channelOf, shownNick } from './names.ts'

/** The lines of a message, and its target, which is a channel or nickname. */
export interface TextLines {
  readonly target: string
  readonly lines: readonly (Piece & { readonly line: string })[]
}

/** Returns the lines of a message, those without a text too. */
export function textLines(event: Event, source: string, room: ChannelRoom): TextLines {
  const { kind, to = '', body, details } = event
  const target = kind === 'private' ? shownNick(to) : channelOf(room)
  const head = `:${source} ${details?.notice ? 'NOTICE' : 'PRIVMSG'} ${target} :`
  const frame = details?.action ? ACTION_BYTES : 0
  const pieces = piecesOf(body, MAX_LINE_BYTES - Buffer.byteLength(head) - frame)
  const lines = pieces.map((piece) => {
    const { text } = piece
    return { ...piece, line: head + (details?.action ? actionText(text) : text) }
  })
  return { target, lines }
}

/** Returns the lines of a message for a client that knows no messages of several lines: without empty ones and the spaces at which lines were cut. */
export function plainLines({ lines }: TextLines): string[] {
  return lines
    .map(({ line, text }, index) => {
      const isCut = lines[index + 1]?.continues === true && line.endsWith(' ')
      return { text, line: isCut ? line.slice(0, -1) : line }
    })
    .filter(({ text }) => text !== '')
    .map(({ line }) => line)
}

/** Returns the first `most` characters of a text: what is longer than RPL_ISUPPORT tells is cut. */
export function cutTo(text: string, most: number): string {
  return text.length <= most ? text : Array.from(text).slice(0, most).join('')
}

/** Returns a topic, or a text such as the reason of a KICK, as all protocols can show it: without formats, and its first `most` characters. */
export function plainText(text: string, most = text.length): string {
  return cutTo(withoutFormats(text), most)
}

/** Matches the characters that nobody sees, those that change the direction of writing among them, and those that end a line. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2028\u2029]/gu

/** Returns a real name as it is shown: on one line, without control characters, formats and what nobody sees. */
export function cleanRealName(text: string): string {
  return clean(withoutFormats(text)).replaceAll('\t', ' ').replace(UNSEEN, '').trim()
}

/** Removes mIRC's codes for colours and formats with their digits, which other protocols cannot show. */
export function withoutFormats(text: string): string {
  return text.replace(FORMATS, '')
}

const FORMATS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the codes
  /\u0003(?:\d{1,2}(?:,\d{1,2})?)?|\u0004(?:[\da-f]{6}(?:,[\da-f]{6})?)?|[\u0002\u000f\u0011\u0016\u001d-\u001f]/gi
