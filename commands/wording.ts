import { Refusal, type RefusalCode } from '../src/chat/refusal.ts'
import { type Sanction, SanctionRefusal } from '../src/chat/sanctions.ts'
import { type Command, Mistake } from './command.ts'
import type { FaultCode } from './errors.ts'
import { timestamp } from './events.ts'
import { type ErrorReply, error } from './replies.ts'
import { splitName } from './words.ts'

const firstName = (parameter: string) => splitName(parameter).name

/** Functions that return the part of a parameter that a refusal is about; for other codes that is the whole parameter. */
const SUBJECTS: Readonly<Partial<Record<RefusalCode, (parameter: string) => string | undefined>>> = {
  'nobody-here': firstName,
  'no-private-messages': firstName,
  'message-unknown': (parameter) => /^last[ \t]+(?:"[^"]*"|\S+)|^\S*/i.exec(parameter)?.[0],
  'invalid-network': (parameter) => parameter.split(/[ \t]/, 1)[0],
  'user-unknown': firstName,
  'room-unknown': (parameter) => (/(?:^|[ \t])in=(\S*)/i.exec(parameter) ?? /^(\S*)/.exec(parameter))?.[1],
  'history-gone': (parameter) => /after=(\S*)/i.exec(parameter)?.[1],
}

/** Returns the error line for an exception of a command; undefined for a failure. `speakingIn` is the room of /speak. */
export function errorOf(
  thrown: unknown,
  parameter: string,
  command: Command,
  speakingIn?: string,
): ErrorReply | undefined {
  if (thrown instanceof Mistake) {
    return error(thrown.code, thrown.subject, thrown.hint ?? hintFor(thrown.code, command))
  }
  if (!(thrown instanceof Refusal)) return undefined
  if (speakingIn !== undefined && command.state === 'speaking' && isClosed(thrown)) {
    return error('room-unknown', speakingIn, hintFor('room-unknown', command))
  }
  const subject = thrown.bound ?? SUBJECTS[thrown.code]?.(parameter) ?? parameter
  const reply = error(thrown.code, subject, hintFor(thrown.code, command))
  return thrown instanceof SanctionRefusal ? { ...reply, ...sanctionTerms(thrown.sanction) } : reply
}

/** Returns true for the refusal of a text for a room that is gone. */
function isClosed({ code }: Refusal): boolean {
  return code === 'room-unknown' || code === 'not-in-room'
}

/** Returns the end and the reason of a ban or mute, where it has them. */
export function sanctionTerms({ until, why }: Pick<Sanction, 'until' | 'why'>) {
  return { ...(until !== undefined && { until: timestamp(until) }), ...(why !== '' && { reason: why }) }
}

/** Returns who has made a ban or mute, its end and its reason, for people. */
export function termsText({ by, until, reason }: { by: string; until?: string; reason?: string }): string {
  return `, by ${by}${until ? `, until ${until.slice(0, 16)} UTC` : ''}${reason ? `: ${reason}` : ''}`
}

/** Returns the hint of a command for an error; undefined for that of the error's table. */
export function hintFor(code: FaultCode, { hints, usage }: Command): string | undefined {
  return hints?.[code] ?? (code === 'missing-parameter' || code === 'text-empty' ? usage : undefined)
}
