import { Mistake } from './command.ts'

/** Milliseconds by the first letter of a unit. */
export const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** A number and a unit, such as `10m`, `5min` or `2hours`, and what follows. */
const DURATION = /^(\d{1,9})(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?)(?:[ \t]+(.*))?$/is
/** The maximum end of a duration, so that dates stay valid. */
const LONGEST_MS = 3_650 * 86_400_000

/** Splits a parameter into a nickname and the rest. A nickname with spaces stands in double quotes. */
export function splitName(parameter: string): { readonly name: string; readonly rest: string } {
  const quoted = /^"([^"]*)"(?=[ \t]|$)[ \t]*(.*)$/s.exec(parameter)
  const [, name = '', rest = ''] = quoted ?? /^(\S*)[ \t]*(.*)$/s.exec(parameter) ?? []
  return { name, rest }
}

/** Reads a parameter that is a nickname, in double quotes or without. */
export function nameAlone(parameter: string): string {
  return /^"([^"]*)"$/.exec(parameter)?.[1] ?? parameter
}

/**
 * Reads an optional duration, such as `10m`, `2h` or `7d`, at the beginning of a text. Returns its end in ms since the epoch, and the
 * text after it.
 */
export function splitDuration(
  text: string,
  now = Date.now(),
): { readonly until: number | undefined; readonly rest: string } {
  const [, count, unit = '', rest = ''] = DURATION.exec(text) ?? []
  const ms = UNIT_MS[unit.charAt(0).toLowerCase()]
  if (count === undefined || ms === undefined) return { until: undefined, rest: text }
  return { until: now + Math.min(Number(count) * ms, LONGEST_MS), rest }
}

/**
 * Reads the optional duration before a reason; `forever` stands for none.
 *
 * @throws Mistake `invalid-time` for a number that is none, so that a slip does not last for good
 */
export function splitTime(text: string): ReturnType<typeof splitDuration> {
  const [forever] = /^forever(?:[ \t]+|$)/i.exec(text) ?? []
  if (forever !== undefined) return { until: undefined, rest: text.slice(forever.length) }
  const split = splitDuration(text)
  const [number] = /^[-+]?\d\S*/.exec(split.until === undefined ? text : '') ?? []
  if (number !== undefined) throw new Mistake('invalid-time', number)
  return split
}

/** Reads `on` or `off`. @throws Mistake `invalid-switch` */
export function switchOf(parameter: string): boolean {
  const word = parameter.toLowerCase()
  if (word !== 'on' && word !== 'off') throw new Mistake('invalid-switch', parameter)
  return word === 'on'
}
