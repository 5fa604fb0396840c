/** `roomd tail`: prints what is said in rooms, and what was said before. */
import { isSameName } from '../../client/nickname.ts'
import { entered } from '../entering.ts'
import { EXIT, type ExitStatus, misuse } from '../failure.ts'
import { COMMON_HELP, checkRoomName, parseOptions, wholeNumber } from '../options.ts'
import { type Reach, reachOf } from '../reach.ts'
import { failureOf } from '../server-failure.ts'
import { hasColours } from '../styles.ts'
import { Follower, type FollowerListener } from './follower.ts'
import { jsonFormat, textFormat } from './format.ts'
import { TailOutput } from './output.ts'
import { ResumeFile } from './resume-file.ts'
import { historySince } from './since.ts'

const OPTIONS = {
  since: { type: 'string' },
  lines: { type: 'string', short: 'n' },
  follow: { type: 'boolean', short: 'f', default: true },
  resume: { type: 'string' },
  json: { type: 'boolean' },
  text: { type: 'boolean' },
  retry: { type: 'string' },
  wait: { type: 'boolean' },
} as const

const HELP = `roomd tail ROOM…

Prints the newest events of rooms, and then what happens in them: lines on a terminal, NDJSON in a pipe.

  roomd tail ops
  roomd tail ops dev --since -1h --no-follow --text
  roomd tail ops --resume ops.state | jq -r --unbuffered .body

  --lines, -n N            newest events of the past; 10, all with --since
  --since WHEN             all, -10m, 15:17, today, "2026-05-24 15:17", or an id
  --no-follow              end after the past
  --resume FILE            go on where the last run with this file has ended
  --wait                   wait for a room that does not exist yet
  --json, --text           form of the output
  --retry SECONDS          time to wait for a server that is away at the start; 0
${COMMON_HELP}

The rooms are not joined: nobody sees it come and go. It logs in under the user name with -tail unless --as is given.
`

const DEFAULT_LINES = 10
/** Kinds of events that --lines counts: all but coming and going. */
const COUNTED = 'kinds=message,topic,kicked,role,mode,redacted'

interface TailOptions {
  /** Parameter of HISTORY for rooms that --resume does not know; undefined for no past. */
  readonly past: string | undefined
  readonly follow: boolean
  readonly retryMs: number
  /** True if a room that does not exist is waited for. */
  readonly waits: boolean
  /** True if the user is told when there are no past events. */
  readonly expectsEvents: boolean
}

/** Runs the command. @throws CommandFailure */
export async function tail(args: readonly string[]): Promise<ExitStatus> {
  const { values, positionals } = parseOptions('tail', args, OPTIONS)
  // A room that is named twice, maybe in another case, is followed once.
  const rooms = positionals.filter((room, place) => positionals.findIndex((other) => isSameName(room, other)) === place)
  if (values.help) {
    process.stdout.write(HELP)
    return EXIT.done
  }
  if (rooms.length === 0) throw misuse('needs a room; see roomd tail --help')
  rooms.forEach(checkRoomName)
  if (values.json && values.text) throw misuse('--json and --text exclude one another')
  const { stdout } = process
  const isJson = values.json ?? (values.text ? false : !stdout.isTTY)
  const isForPeople = stdout.isTTY === true
  const format = isJson
    ? jsonFormat
    : textFormat({ colours: hasColours(stdout), withRoom: rooms.length > 1, withDays: isForPeople })
  const lines = wholeNumber('--lines', values.lines)
  const since = values.since === undefined ? undefined : historySince(values.since)
  const limit = lines ?? (since === undefined ? DEFAULT_LINES : undefined)
  const options = {
    past:
      limit === 0
        ? undefined
        : [since, limit === undefined ? '' : `limit=${limit} ${COUNTED}`].filter(Boolean).join(' '),
    follow: values.follow,
    waits: values.wait === true,
    expectsEvents: !values.follow && since === undefined,
    retryMs: (wholeNumber('--retry', values.retry) ?? 0) * 1_000,
  }
  const resume = values.resume === undefined ? undefined : new ResumeFile(values.resume)
  const output = new TailOutput(stdout, format, resume)
  return new Tail(await reachOf(values, { suffix: '-tail' }), options, output, resume).run(rooms)
}

/** One run of the command. */
class Tail {
  readonly #reach: Reach
  readonly #options: TailOptions
  readonly #output: TailOutput
  readonly #resume: ResumeFile | undefined
  #followers: readonly Follower[] = []
  #isPaused = false
  /** Rooms of which an event was printed. */
  readonly #told = new Set<string>()

  constructor(reach: Reach, options: TailOptions, output: TailOutput, resume: ResumeFile | undefined) {
    this.#reach = reach
    this.#options = options
    this.#output = output
    this.#resume = resume
  }

  /** @throws CommandFailure */
  async run(rooms: readonly string[]): Promise<ExitStatus> {
    const stopped = new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
    })
    try {
      await Promise.race([stopped, this.#follow(rooms), this.#output.failed])
      for (const follower of this.#followers) follower.close()
      await Promise.race([this.#output.flushed(), this.#output.failed])
      return EXIT.done
    } catch (error) {
      // Of standard output; the caller tells it.
      if ((error as NodeJS.ErrnoException).syscall === 'write') return EXIT.done
      throw failureOf(error, this.#reach)
    } finally {
      for (const follower of this.#followers) follower.close()
    }
  }

  async #follow(rooms: readonly string[]): Promise<void> {
    const { roomPassword } = this.#reach
    const { waits, follow, retryMs, past } = this.#options
    const followers = await entered(this.#reach, retryMs, async (identity) => {
      const made = rooms.map((room) => {
        return { room, follower: new Follower(this.#reach, identity, room, this.#listenerFor(room)) }
      })
      const enter = async (each: (typeof made)[number]) => {
        if (waits) return { ...each, isThere: await each.follower.tryToEnter(roomPassword) }
        await each.follower.enter(roomPassword)
        return { ...each, isThere: true }
      }
      try {
        return await Promise.all(made.map(enter))
      } catch (error) {
        for (const { follower } of made) follower.close()
        throw error
      }
    })
    this.#followers = followers.map(({ follower }) => follower)
    // One room after the other, each as a whole.
    const present = followers.filter(({ isThere }) => isThere)
    for (const { room, follower } of present) await this.#tellPast(room, follower, past)
    const later = followers.filter(({ isThere }) => !isThere)
    for (const { room } of later) warn(`${room}: there is no such room yet; waiting for it`)
    const waiting = later.map(async ({ room, follower }) => {
      await follower.waitAndEnter(roomPassword)
      await this.#tellPast(room, follower, '')
      if (!follow) return
      follower.follow()
      await follower.ended
    })
    if (follow) for (const { follower } of present) follower.follow()
    await Promise.race([Promise.all(waiting), ...this.#followers.map(({ ended }) => ended)])
    if (follow) await Promise.race(this.#followers.map(({ ended }) => ended))
  }

  /** @param past parameter of HISTORY for a room that --resume does not know; undefined for no past */
  async #tellPast(room: string, follower: Follower, past: string | undefined): Promise<void> {
    const known = this.#resume?.idOf(room)
    const words = known === undefined ? past : `after=${known}`
    if (words === undefined) return
    const gone = (text: string) => warn(`${room}: ${text}; the events that are left follow`)
    const cut = () => warn(`${room}: the server has not looked for older events; --since without -n reads all`)
    await Promise.race([follower.tellPast({ words, gone, cut }), follower.ended])
    if (this.#options.expectsEvents && known === undefined && !this.#told.has(room))
      warn(`${room}: nothing has been said there`)
  }

  #listenerFor(room: string): FollowerListener {
    return {
      happened: (event) => {
        this.#told.add(room)
        this.#output.push(event, room)
        this.#pace()
      },
      away: () => {
        if (process.stderr.isTTY) warn(`${room}: the connection is lost; trying again`)
      },
      missed: () => warn(`${room}: some events are no longer on the server`),
    }
  }

  /** Reads no further while the output is not taken. */
  #pace(): void {
    if (this.#isPaused || !this.#output.isFull) return
    this.#isPaused = true
    for (const follower of this.#followers) follower.pause(true)
    this.#output.onceDrained(() => {
      this.#isPaused = false
      for (const follower of this.#followers) follower.pause(false)
    })
  }
}

function warn(text: string): void {
  process.stderr.write(`roomd tail: ${text}\n`)
}
