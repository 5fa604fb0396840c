/** `roomd send`: says a text, or what comes from standard input, in a room. */
import { EXIT, type ExitStatus, misuse } from '../failure.ts'
import { COMMON_HELP, checkRoomName, parseOptions, wholeNumber } from '../options.ts'
import { reachOf } from '../reach.ts'
import { SendRun } from './send-run.ts'
import { inputTexts, oneText, wholeInput } from './texts.ts'

const OPTIONS = {
  one: { type: 'boolean' },
  action: { type: 'boolean' },
  notice: { type: 'boolean' },
  retry: { type: 'string' },
} as const

const HELP = `roomd send ROOM [TEXT…]

Says TEXT in a room, or else the lines of standard input as they come. Nothing is taken for a command.

  roomd send ops 'deploy done'
  make 2>&1 | roomd send ops --as build
  git diff --stat | roomd send ops --one

  --one                    all of the input is one message
  --notice                 a message that no program answers
  --action                 an action: * ann waves
  --retry SECONDS          time to wait for a server that is away, or for a nickname; 0
${COMMON_HELP}

Exit status: 0 all is in the room; 1 something was refused; 2 wrong use; 75 the server is away.
`

/** Runs the command. @throws CommandFailure */
export async function send(args: readonly string[]): Promise<ExitStatus> {
  const { values, positionals } = parseOptions('send', args, OPTIONS)
  if (values.help) {
    process.stdout.write(HELP)
    return EXIT.done
  }
  const [name, ...words] = positionals
  if (name === undefined) throw misuse('needs a room; see roomd send --help')
  checkRoomName(name)
  if (values.action && values.notice) throw misuse('--action and --notice exclude one another')
  if (values.one && words.length > 0) throw misuse('--one is for standard input')
  if (words.length > 0 && !/\S/.test(words.join(''))) throw misuse('nothing to say: TEXT is empty')
  const retryMs = (wholeNumber('--retry', values.retry) ?? 0) * 1_000
  const texts = words.length > 0 ? oneText(words.join(' ')) : values.one ? oneText(await wholeInput()) : inputTexts()
  const manner = { action: values.action, notice: values.notice }
  return new SendRun(await reachOf(values), retryMs, manner, texts).run(name)
}
