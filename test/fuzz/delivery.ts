/** How the bytes of a session travel: changed, cut into pieces anywhere, with pauses, from some address, until some end. */
import fc from 'fast-check'
import { edited, edits } from './mutate-bytes.ts'
import { type Ending, type Session, type Step, send } from './session.ts'

const fraction = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const ending: fc.Arbitrary<Ending> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Ending>('half-close') },
  { weight: 2, arbitrary: fc.constant<Ending>('close') },
  fc.constant<Ending>('reset'),
)
const rarely = (one: number) => fc.nat(one - 1).map((n) => n === 0)
/** Bytes that are sent one by one, at most. */
const MOST_SINGLE = 300

const travel = fc.record({
  /** Whether what is sent without waiting is sent in one piece. */
  together: fc.boolean(),
  edits,
  /** Which of the steps is edited. */
  target: fraction,
  cuts: fc.oneof(fc.constant<number[]>([]), fc.array(fraction, { maxLength: 5 })),
  singly: rarely(30),
  pauseMs: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(20)),
  /** Whether it ends before it has sent everything, and where. */
  early: rarely(8),
  last: fraction,
  ending,
  deaf: rarely(20),
  network: fc.nat(3),
  host: fc.integer({ min: 1, max: 250 }),
})
type Travel = typeof travel extends fc.Arbitrary<infer T> ? T : never

/** Sessions of which some are mutated below their structure. */
export function delivered(script: fc.Arbitrary<readonly Step[]>, tls = false): fc.Arbitrary<Session> {
  return fc.noBias(fc.tuple(script, travel).map(([steps, how]) => sessionOn(steps, how, tls)))
}

function sessionOn(script: readonly Step[], how: Travel, tls: boolean): Session {
  let steps = how.together ? merged(script) : script
  const target = Math.floor(how.target * steps.length)
  steps = steps.map((step, at) => (at === target && step.kind === 'send' ? send(edited(step.bytes, how.edits)) : step))
  if (how.early) steps = shortened(steps, how.last)
  return {
    tls,
    from: `127.0.${how.network}.${how.host}`,
    steps: steps.flatMap((step) => pieces(step, how)),
    // One that does not read would not be told everything.
    ending: how.deaf && how.ending === 'half-close' ? 'close' : how.ending,
    reads: !how.deaf,
  }
}

function merged(steps: readonly Step[]): Step[] {
  const all: Step[] = []
  for (const step of steps) {
    const last = all.at(-1)
    if (step.kind === 'send' && last?.kind === 'send') all.splice(-1, 1, send(Buffer.concat([last.bytes, step.bytes])))
    else all.push(step)
  }
  return all
}

/** The steps up to some byte of one of them. */
function shortened(steps: readonly Step[], last: number): readonly Step[] {
  const count = last * steps.length
  const final = steps[Math.floor(count)]
  const before = steps.slice(0, Math.floor(count))
  if (final?.kind !== 'send') return before
  return [...before, send(final.bytes.subarray(0, Math.floor((count % 1) * final.bytes.length)))]
}

function pieces(step: Step, { cuts, singly, pauseMs }: Travel): Step[] {
  if (step.kind !== 'send') return [step]
  const { bytes } = step
  if (singly && bytes.length <= MOST_SINGLE) return Array.from(bytes, (byte) => send(Buffer.from([byte])))
  const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length]
  const parts = places.slice(1).map((end, at) => send(bytes.subarray(places[at], end)))
  return pauseMs > 0 ? parts.flatMap((part): Step[] => [part, { kind: 'pause', ms: pauseMs }]) : parts
}
