/** A pm2 of the test's own. */
import { execFile, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { main } from './main.ts'
import { LINE_ONLY } from './process.ts'

const root = resolve(import.meta.dirname, '../..')
export const ECOSYSTEM = resolve(root, 'ecosystem.config.cjs')

/** Writes one into a folder that starts the daemon of the tests, which takes less than the sources do. Returns its path. */
export function quickEcosystem(folder: string): string {
  const path = join(folder, 'ecosystem.config.cjs')
  const source = "join(__dirname, 'src/main.ts')"
  const text = readFileSync(ECOSYSTEM, 'utf8')
  expect(text).toContain(source)
  writeFileSync(path, text.replace(source, JSON.stringify(main)).replaceAll('__dirname', JSON.stringify(root)))
  return path
}

export interface App {
  readonly pid: number
  readonly status: string
  readonly restarts: number
  readonly mode: string
}

export class Pm2 {
  readonly #home: string
  readonly #env: NodeJS.ProcessEnv

  /** Keeps everything in `home`, where logs are written too; what it starts has `env`. */
  constructor(home: string, env: NodeJS.ProcessEnv) {
    this.#home = home
    this.#env = { ...LINE_ONLY, PATH: process.env.PATH, HOME: home, PM2_HOME: home, ...env }
  }

  async run(...args: string[]): Promise<string> {
    const options = { cwd: this.#home, env: this.#env }
    const { stdout } = await promisify(execFile)(resolve(root, 'node_modules/.bin/pm2'), args, options)
    return stdout
  }

  /** What `npm run daemon` says at its end. */
  state() {
    const PATH = `${resolve(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`
    const options = { encoding: 'utf8', env: { PATH, HOME: this.#home, PM2_HOME: this.#home } } as const
    const { status, stdout, stderr } = spawnSync(process.execPath, [resolve(root, 'scripts/daemon-state.ts')], options)
    return { status, stdout, stderr }
  }

  async apps(): Promise<App[]> {
    const out = await this.run('jlist')
    const apps: { pid: number; pm2_env: { status: string; restart_time: number; exec_mode: string } }[] = JSON.parse(
      out.slice(out.indexOf('[{')),
    )
    return apps.map(({ pid, pm2_env: { status, restart_time: restarts, exec_mode: mode } }) => {
      return { pid, status, restarts, mode }
    })
  }
}
