import { Writable } from 'node:stream'
import { type Logger, pino } from 'pino'

/** A log at its lowest level that is kept. */
export function keptLog(): { log: Logger; logged(): string } {
  let text = ''
  const sink = new Writable({
    write(line, _encoding, done) {
      text += line
      done()
    },
  })
  return { log: pino({ level: 'trace' }, sink), logged: () => text }
}
