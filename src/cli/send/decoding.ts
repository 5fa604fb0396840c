import { TextDecoder } from 'node:util'

/** Bytes of a byte order mark of UTF-16. */
const MARK_BYTES = 2

/** Yields the text of an input, in UTF-8 or behind a byte order mark in UTF-16, as it comes. The mark is none of it. */
export async function* decoded(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined
  let held: Uint8Array = Buffer.alloc(0)
  for await (const chunk of input) {
    held = Buffer.concat([held, chunk])
    if (!decoder && held.length < MARK_BYTES) continue
    decoder ??= decoderOf(held)
    yield decoder.decode(held, { stream: true })
    held = Buffer.alloc(0)
  }
  decoder ??= new TextDecoder()
  yield decoder.decode(held)
}

function decoderOf([first, second]: Uint8Array): TextDecoder {
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le')
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be')
  return new TextDecoder()
}
