/**
 * Write coalescing. A write costs much the same whatever it carries, so the end of a tick waits a moment for more to carry in two
 * cases: while connections keep coming in, and, where writing takes long, until there is as much to write as the last time.
 */
import { delayTicks } from '../tick.ts'

/** Maximum delay while connections keep coming in. */
const CROWD_MS = 10
/** Minimum duration of the last flush, and minimum number of events in it, for a delay. */
const LONG_FLUSH_MS = 2
const MANY_EVENTS = 8
/** Delay as a share of the last flush's duration, and its maximum: a longer flush may have been a pause of the process. */
const WAITED_SHARE = 1 / 2
const MAX_WAIT_MS = 20
/** Committed bytes above which there is no delay. */
const MANY_BYTES = 65_536

let opened = false
let lastEvents = 0
let lastFlushMs = 0

/**
 * Reports a connection on which a client can join a room, unlike one for HTTP requests. The runtime accepts one in each round of the
 * event loop, so the tick continues for a moment while they keep coming: a thousand clients that join a room at once are then announced
 * in a few writes instead of a thousand.
 */
export function connectionOpened(): void {
  opened = true
}

delayTicks({
  continues(ageMs) {
    const goesOn = opened && ageMs < CROWD_MS
    if (goesOn) opened = false
    return goesOn
  },
  deliverInMs(ageMs, events, bytes) {
    if (lastFlushMs < LONG_FLUSH_MS || lastEvents < MANY_EVENTS || events >= lastEvents || bytes > MANY_BYTES) return 0
    return Math.min(lastFlushMs * WAITED_SHARE, MAX_WAIT_MS) - ageMs
  },
  delivered(events, flushMs) {
    lastEvents = events
    lastFlushMs = flushMs
  },
})
