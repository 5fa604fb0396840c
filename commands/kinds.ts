import type { Kind } from '../src/engine/event.ts'

/** Kinds of events that HISTORY shows, and `kinds=` takes. */
const IS_SHOWN: Readonly<Record<Kind, boolean>> = {
  message: true,
  joined: true,
  left: true,
  topic: true,
  kicked: true,
  role: true,
  mode: true,
  redacted: true,
  private: false,
  closed: false,
}

export function isShownKind(word: string): word is Kind {
  return Object.hasOwn(IS_SHOWN, word) && IS_SHOWN[word as Kind]
}

/** The kinds that are shown, for people. */
export const SHOWN_KINDS = Object.keys(IS_SHOWN).filter(isShownKind).join(', ')
