import { styleText } from 'node:util'

/** Text of a line of output, with how it looks. */
export interface Span {
  readonly text: string
  readonly style?: Style | undefined
}

export type Style = keyof typeof FORMATS

type Format = Parameters<typeof styleText>[0]

/** Formats of the styles: in colour, and without. */
const FORMATS = {
  time: ['gray', []],
  aside: ['gray', []],
  mark: ['cyan', []],
  error: ['red', []],
  notice: ['yellow', []],
  private: ['magenta', []],
  mention: [['bold', 'yellow'], 'bold'],
  bar: ['inverse', 'inverse'],
  barStrong: [
    ['inverse', 'bold'],
    ['inverse', 'bold'],
  ],
  nick0: ['cyan', []],
  nick1: ['green', []],
  nick2: ['yellow', []],
  nick3: ['blue', []],
  nick4: ['magenta', []],
  nick5: ['cyanBright', []],
  nick6: ['greenBright', []],
  nick7: ['blueBright', []],
} as const satisfies Record<string, readonly [colour: Format, plain: Format]>

const NICK_STYLES = ['nick0', 'nick1', 'nick2', 'nick3', 'nick4', 'nick5', 'nick6', 'nick7'] as const

/** Returns the text of spans with the escape sequences of their styles. */
export function painted(spans: readonly Span[], colours: boolean): string {
  let text = ''
  for (const span of spans) {
    const format: Format | undefined = span.style && FORMATS[span.style][colours ? 0 : 1]
    text +=
      format === undefined || format.length === 0 ? span.text : styleText(format, span.text, { validateStream: false })
  }
  return text
}

/** Returns the style of a nickname, the same one at every place. */
export function nickStyle(nickname: string): Style {
  let hash = 0
  for (const character of nickname.toLowerCase()) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0
  return NICK_STYLES[hash % NICK_STYLES.length] ?? 'nick0'
}

/** Returns true if output to a stream is coloured: on a terminal that has colours, without NO_COLOR. */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  if (process.env.NO_COLOR) return false
  return stream.isTTY === true && stream.getColorDepth() > 1
}
