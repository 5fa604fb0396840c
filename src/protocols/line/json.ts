import { Said } from '../../../commands/replies.ts'
import { escapeAll, NOT_ASCII, UNSAFE } from '../../escape.ts'
import type { Encode } from '../plain-line.ts'

/** Returns the encoder of lines as JSON, with unsafe (or all non-ASCII) characters as `\uXXXX`. */
export function encoder(ascii: boolean): Encode {
  const raw = ascii ? NOT_ASCII : UNSAFE
  return (line) => {
    // The most frequent reply to a script, which sends a nonce with each line.
    if (line instanceof Said && line.room === undefined)
      return `{"type":"commandResult","result":"OK","id":"${line.id}"}\n`
    return `${escapeAll(JSON.stringify(line), raw)}\n`
  }
}
