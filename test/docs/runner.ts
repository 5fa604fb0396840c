/** Runs the examples of one document, one after the other, as somebody who reads it would. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import split2 from 'split2'
import { expect } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { main } from '../support/main.ts'
import { type Example, masked, TOKEN } from './examples.ts'
import { commandsOf, entrantsOf, isEndless, replacesDaemon, startsDaemon, stopsDaemon } from './shell.ts'
import type { World } from './world.ts'

/** Stands in an output block for any lines. */
const ANYTHING = '…'
/** Begins a line of a session that is printed: JSON, or a plain line. */
const SEEN = /^(?:\{|\[|\* |-!- |Username set|Joined room)/
/** What is typed into whatever reads the terminal. */
const TYPED = '/quit\n'

/** Files of the checkout: variables that go on from one command to the next, and what the last command has printed. */
const STATE = '.variables'
const PRINTED = '.printed'

/** A program that runs. */
class Run {
  readonly child: ChildProcess
  /** Resolves with the status. Something may be printed that is not read yet: the end of a process can be told before it. */
  readonly exited: Promise<number | null>
  /** Resolves with the status when everything printed is read, which also waits for commands in the background. */
  readonly closed: Promise<number | null>
  stdout = ''
  stderr = ''

  constructor(child: ChildProcess) {
    this.child = child
    this.exited = once(child, 'exit').then(([status]) => status)
    this.closed = once(child, 'close').then(([status]) => status)
    child.stdin?.on('error', () => {})
    child.stdout?.on('data', (chunk) => {
      this.stdout += chunk
    })
    child.stderr?.on('data', (chunk) => {
      this.stderr += chunk
    })
  }

  /** Resolves when something holds for what was printed; rejects when the program ends without. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      const ended = await Promise.race([this.closed.then(() => true), this.#printed().then(() => false)])
      if (ended && !holds()) throw new Error(`ended, and has printed: ${this.stdout}${this.stderr}`)
    }
  }

  async #printed(): Promise<void> {
    await Promise.race([this.child.stdout, this.child.stderr].map((stream) => stream && once(stream, 'data')))
  }

  /** As Ctrl-C does. */
  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.child
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGINT')
    await this.closed
  }
}

export class Runner {
  readonly #world: World
  /** Commands that cannot run, and why. */
  readonly #notRunnable: (command: string) => string | undefined
  #daemon: Run | undefined
  /** Whether some daemon runs: the one above, or one in the background. */
  #served = false
  #printed = ''

  constructor(world: World, notRunnable: (command: string) => string | undefined) {
    this.#world = world
    this.#notRunnable = notRunnable
  }

  /** Runs an example and compares what it prints with what it is said to print. `given` comes before the code of a program. */
  async run(example: Example, given = ''): Promise<void> {
    const { file, language, code, output } = example
    const commands = language === 'sh' ? commandsOf(code) : [code]
    const [first, ...more] = commands.filter((command) => this.#notRunnable(command) === undefined)
    if (first === undefined) return
    if (!this.#served && !replacesDaemon(first)) await this.#start(`exec node ${main}`)
    switch (language) {
      case 'sh':
        this.#printed = ''
        for (const command of [first, ...more]) this.#printed += await this.#command(command)
        if (output !== undefined) expectPrinted(this.#printed, output)
        break
      case 'console':
        await this.#console(code)
        break
      case 'js':
        await this.#program('node', 'example.mjs', `${this.#fill(given)}${code}`, output)
        break
      case 'python':
        await this.#program('python3', 'example.py', `${this.#fill(given)}${code}`, output)
        break
      case 'nginx':
        await this.#nginx(code)
        break
      case 'promql':
        await this.#metrics(code)
        break
      case 'ini':
        // Files of fail2ban: test/docs/fail2ban.test.ts holds the filter against real lines of the log.
        expect(code).toMatch(/^\[(Definition|roomd|Unit)\]$/m)
        break
      case 'crontab':
      case 'yaml':
        // test/docs/pieces.test.ts does with them what cron and others do.
        expect(file).toBe('docs/bots.md')
        break
      default:
        throw new Error(`no way is known to run ${language || 'a block without a language'}`)
    }
  }

  /** `$token` stands for the token that the last shell example has printed last. */
  #fill(given: string): string {
    return given.replace('$token', this.#printed.match(TOKEN)?.at(-1) ?? '')
  }

  async #start(command: string): Promise<void> {
    await this.#daemon?.stop()
    const run = this.#bash(command)
    this.#daemon = run
    this.#served = true
    await run.until(() => run.stdout.includes('"msg":"ready"'))
  }

  #bash(command: string): Run {
    const kept = `declare -p | grep -v '^declare -[a-zA-Z]*r' > ${STATE}`
    const script = `. ./${STATE} 2>/dev/null\n${command}\nstatus=$?\n${kept}\nexit $status`
    return new Run(this.#world.spawn('bash', ['-c', script]))
  }

  async #command(command: string): Promise<string> {
    if (replacesDaemon(command) || stopsDaemon(command)) {
      await this.#daemon?.stop()
      this.#served = !stopsDaemon(command)
    }
    if (startsDaemon(command)) {
      await this.#start(command)
      return ''
    }
    // Not through a pipe, which a command in the background would keep open.
    const run = this.#bash(`exec > ${PRINTED}\n${command}`)
    // What ends without a line feed, as JSON from curl may, is a line of its own too.
    const printed = () => readFileSync(join(this.#world.folder, PRINTED), 'utf8').replace(/[^\n]$/, '$&\n')
    run.child.stdin?.end(TYPED)
    if (!isEndless(command)) {
      const status = await run.exited
      expect(status, `${command}\n${printed()}${run.stderr}`).toBe(0)
    }
    for (const { name, room } of entrantsOf(command)) {
      await eventually(() => expect(this.#entered(room), `who has entered ${room}`).toContain(name), 100)
    }
    return printed()
  }

  /** Who has ever entered a room. */
  #entered(room: string): string[] {
    const file = join(this.#world.folder, 'data/roomd.db')
    if (!existsSync(file)) return []
    const db = new DatabaseSync(file, { readOnly: true })
    const entered = db.prepare(
      "SELECT DISTINCT sender FROM events JOIN rooms ON rooms.id = events.room WHERE kind = 'joined' AND line_name = ?",
    )
    const names = entered.all(room).map(({ sender }) => String(sender))
    db.close()
    return names
  }

  /** A session: `$` begins a command, {@link SEEN} what it prints; all else is typed. */
  async #console(code: string): Promise<void> {
    let run: Run | undefined
    let lines: AsyncIterator<string> | undefined
    for (const line of code.split('\n')) {
      if (line.startsWith('$ ')) {
        await run?.stop()
        run = this.#bash(line.slice(2))
        lines = run.child.stdout?.pipe(split2())[Symbol.asyncIterator]()
      } else if (SEEN.test(line)) {
        expect(masked((await lines?.next())?.value ?? '')).toBe(masked(line))
      } else {
        run?.child.stdin?.write(`${line}\n`)
      }
    }
    await run?.stop()
  }

  /** A program may go on when it has printed what it is said to, or a line where nothing is said. */
  async #program(command: string, name: string, code: string, output: string | undefined): Promise<void> {
    const run = new Run(this.#world.spawn(command, [this.#world.write(name, `${code}\n`)]))
    const count = output?.split('\n').length ?? 1
    const ended = run.closed.then((status) => {
      expect(status, `${run.stdout}${run.stderr}`).toBe(0)
    })
    await Promise.race([ended, run.until(() => run.stdout.split('\n').length > count)])
    if (output !== undefined) expectPrinted(run.stdout.split('\n').slice(0, count).join('\n'), output)
    expect(run.stderr).toBe('')
    await run.stop()
  }

  /** Through the server of a configuration roomd answers. */
  async #nginx(code: string): Promise<void> {
    const head = 'user root;\nerror_log stderr;\npid nginx.pid;\nevents {}\n'
    // Those of the system may belong to the user of another nginx.
    const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};\n`)
    const path = this.#world.write('nginx.conf', `${head}http {\naccess_log off;\n${folders.join('')}${code}\n}\n`)
    await this.#command(`nginx -p . -c ${path}`)
    const [, name] = /server_name (\S+);/.exec(code) ?? []
    await this.#command(`curl -sSk -o /dev/null --resolve ${name}:443:127.0.0.1 https://${name}/chats`)
  }

  /** All metrics that a query names are there. */
  async #metrics(code: string): Promise<void> {
    const metrics = await this.#command('curl -s http://127.0.0.1:7777/metrics')
    for (const [name] of code.matchAll(/\broomd_\w+/g))
      expect(metrics).toContain(`# TYPE ${name.replace(/_bucket$/, '')} `)
  }
}

/** Compares line by line; {@link ANYTHING} stands for any lines. */
function expectPrinted(printed: string, output: string): void {
  const parts = masked(output).split('\n')
  const lines = masked(printed).split('\n')
  const gap = parts.indexOf(ANYTHING)
  if (gap === -1) expect(lines).toEqual(parts)
  const [head, tail] = gap === -1 ? [parts, []] : [parts.slice(0, gap), parts.slice(gap + 1)]
  expect(lines.slice(0, head.length)).toEqual(head)
  expect(lines.slice(lines.length - tail.length)).toEqual(tail)
}
