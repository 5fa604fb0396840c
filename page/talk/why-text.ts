import type { Settings } from '../model/settings.ts'
import type { Why } from '../model/why.ts'
import { untilWords } from './happenings.ts'
import { Clock } from './times.ts'

/** Returns why something was refused or has ended as a sentence, with the end of a ban or mute and its reason. */
export function whyText({ text, until, reason }: Why, { now }: Settings) {
  return `${text}${untilWords(until, new Clock(now.clock))}${reason ? `: ${reason}` : ''}.`
}
