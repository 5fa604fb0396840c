/** `roomd send`, `roomd tail` and `roomd chat`: the client's commands, which load nothing of the daemon. */
import { CommandFailure, EXIT, type ExitStatus } from './failure.ts'

/** A command of the client. */
export type ClientVerb = 'send' | 'tail' | 'chat'

type Run = (args: readonly string[]) => Promise<ExitStatus>

const VERBS: Readonly<Record<ClientVerb, () => Promise<Run>>> = {
  send: async () => (await import('./send/send.ts')).send,
  tail: async () => (await import('./tail/tail.ts')).tail,
  chat: async () => (await import('./chat/chat.ts')).chat,
}

/** Runs a command and ends the process with its status. */
export async function runClient(verb: ClientVerb, args: readonly string[]): Promise<void> {
  let outputError: NodeJS.ErrnoException | undefined
  process.stdout.on('error', (error) => (outputError ??= error))
  try {
    const run = await VERBS[verb]()
    const status = await run(args)
    // The error of the last write comes in the next tick.
    await new Promise(setImmediate)
    // Status 0 where the reader has ended, such as `head`.
    if (outputError && outputError.code !== 'EPIPE')
      throw new CommandFailure(EXIT.refused, `standard output: ${outputError.message}`, { cause: outputError })
    process.exitCode = status
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    process.stderr.write(`roomd ${verb}: ${error.message}\n`)
    process.exitCode = error.status
  }
  // Whatever a terminal or a lost connection still waits for.
  process.exit()
}
