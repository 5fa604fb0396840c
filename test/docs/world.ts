/** A machine for examples: namespaces of its own, so that every port is free and all that was started ends with it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { checkout } from '../support/checkout.ts'
import { temporaryFolder } from '../support/folder.ts'
import { main, nodeEnvironment } from '../support/main.ts'
import { quickEcosystem } from '../support/pm2.ts'

/** Files that examples speak of: a log that grows, and the certificate of a proxy. */
const SETUP = `
set -e
ip link set lo up
mount -t tmpfs none /var/log
(while date '+%FT%T web1 app: a line of the log'; do sleep 0.5; done) > /var/log/syslog &
cd "$1"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=chat.example \\
  -keyout chat.example.key -out chat.example.pem 2>/dev/null
mount --bind . /etc/ssl
echo ready
exec cat
`
const NAMESPACES = ['-U', '-n', '-m', '-p']
export const PROGRAMS = [
  'unshare',
  'nsenter',
  'ip',
  'nc',
  'jq',
  'curl',
  'make',
  'openssl',
  'nginx',
  'python3',
  'redis-server',
]

/** The first program that is missing, or why there can be no namespaces; undefined where examples can run. */
export function lacking(): string | undefined {
  const missing = PROGRAMS.find((program) => !succeeds('sh', ['-c', `command -v ${program}`]))
  if (missing) return `${missing} is missing`
  return succeeds('unshare', ['-rnmp', '--fork', '--mount-proc', 'true']) ? undefined : 'unshare may make no namespaces'
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export class World {
  /** A checkout, in which commands run. */
  readonly folder = checkout()
  readonly #home = temporaryFolder()
  readonly #holder: ChildProcess
  #init = ''

  private constructor() {
    // It ends when this process does, and everything in its namespaces with it.
    this.#holder = spawn(
      'unshare',
      ['-rnmp', '--fork', '--kill-child', '--mount-proc', 'bash', '-c', SETUP, 'bash', temporaryFolder()],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    )
  }

  static async make(): Promise<World> {
    const world = new World()
    world.#isInstalled()
    // A request that is refused is an example that does not work.
    writeFileSync(join(world.#home, '.curlrc'), 'fail-with-body\n')
    // The command of the installed package.
    writeFileSync(join(world.#home, 'roomd'), `#!/bin/sh\nexec node ${main} "$@"\n`, { mode: 0o755 })
    const { pid, stdout } = world.#holder
    if (!pid || !stdout) throw new Error('unshare does not start')
    await once(stdout, 'data')
    world.#init = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return world
  }

  /**
   * Spares every script the look at what is installed, and `npm start` the compilation of the sources in this checkout;
   * test/daemon/npm.test.ts has the scripts as they are, and
   * test/daemon/pm2.test.ts what pm2 starts.
   */
  #isInstalled(): void {
    const path = join(this.folder, 'package.json')
    // What is published is compiled from these.
    const text = readFileSync(path, 'utf8').replaceAll(/\.\/dist\/src\/(client\/.*)\.js/g, './src/$1.ts')
    const { scripts, ...rest } = JSON.parse(text)
    const { prestart, predaemon, ...others } = scripts
    expect([prestart, predaemon]).toEqual(Array(2).fill('exec sh scripts/setup.sh'))
    const [cache, sources] = ['NODE_COMPILE_CACHE=node_modules/.cache/compiled ', 'src/main.ts']
    expect(others.start).toContain(cache)
    const start = others.start.replace(cache, '').replace(sources, main)
    writeFileSync(path, JSON.stringify({ ...rest, scripts: { ...others, start } }))
    // A link until now.
    rmSync(join(this.folder, 'ecosystem.config.cjs'))
    quickEcosystem(this.folder)
  }

  /** Runs a program there; in a process group of its own. */
  spawn(command: string, args: readonly string[]): ChildProcess {
    const entry = ['-t', this.#init, ...NAMESPACES, '--preserve-credentials', `--wd=${this.folder}`]
    return spawn('nsenter', [...entry, command, ...args], {
      cwd: this.folder,
      detached: true,
      env: {
        ...nodeEnvironment(),
        PATH: `${this.#home}:${dirname(process.execPath)}:${process.env.PATH}`,
        HOME: this.#home,
        PM2_HOME: join(this.#home, 'pm2'),
        TERM: 'dumb',
      },
    })
  }

  /** Writes a file into the folder. Returns its path. */
  write(name: string, text: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, text)
    return path
  }

  async end(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return
    const ended = once(this.#holder, 'exit')
    this.#holder.stdin?.end()
    this.#holder.kill('SIGKILL')
    await ended
  }
}
