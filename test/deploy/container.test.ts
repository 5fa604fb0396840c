/** The container image: built and run where there is an engine for containers, else its instructions are carried out in a folder. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import split2 from 'split2'
import { expect, onTestFinished, test } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import { linkFolder } from '../support/linked.ts'
import { argumentsOf, contextOf, stagesOf } from './dockerfile.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const stages = stagesOf(read('Dockerfile'))
const [build, image] = stages
const context = contextOf(read('.dockerignore'))
const { files, devDependencies } = JSON.parse(read('package.json'))

/** The first engine that answers. */
const ENGINE = ['docker', 'podman'].find((command) => spawnSync(command, ['info']).status === 0)

test('the image is built in stages from Node 24, and runs without root, with a volume, a health check and signals', () => {
  if (!build || !image || stages.length !== 2) return expect.fail('there are not two stages')
  expect(devDependencies.node).toMatch(/^\^24\./)
  for (const stage of stages) expect(stage.image).toBe('node:24-slim')
  expect(argumentsOf(image, 'USER')).toEqual(['node'])
  const user = image.instructions.findIndex(({ word }) => word === 'USER')
  expect(image.instructions.slice(user).map(({ word }) => word)).not.toContain('RUN')
  expect(argumentsOf(image, 'VOLUME')).toEqual(['/app/data'])
  expect(argumentsOf(image, 'HEALTHCHECK')[0]).toContain('/readyz')
  // The list form runs without a shell, so that signals reach roomd.
  expect(configurationOf(image).command).toContain('dist/src/main.js')
})

test('what is copied is in the context, and what is in the context is there and is copied', () => {
  const copied = stages
    .flatMap((stage) => argumentsOf(stage, 'COPY'))
    .filter((rest) => !rest.startsWith('--from'))
    .flatMap((rest) => rest.split(' ').slice(0, -1))
  expect(new Set(context)).toEqual(new Set(copied))
  for (const name of context) expect(existsSync(join(root, name)), name).toBe(true)
  // What the package has beside the code; pm2's file and the changelog are for others.
  expect(files.filter((file: string) => !['dist', 'page'].includes(file))).toEqual([
    'commands/schema.json',
    'ecosystem.config.cjs',
    'CHANGELOG.md',
  ])
})

/** Carries out a stage's copies and commands in a folder, which stands for the working directory of the image. */
function carryOut(stage: (typeof stages)[number], folder: string, others: ReadonlyMap<string, string>): void {
  for (const { word, rest } of stage.instructions) {
    if (word === 'COPY') {
      const [, from, paths = ''] = /^(?:--from=(\S+) )?(.+)$/.exec(rest) ?? []
      const names = paths.split(' ')
      const target = names.pop() ?? ''
      for (const name of names) {
        const source =
          from === undefined ? join(root, name) : join(others.get(from) ?? '', name.replace(/^\/app\//, ''))
        const path = target.endsWith('/') ? join(folder, target, name.replace(/^.*\//, '')) : join(folder, target)
        if (name.endsWith('/node_modules')) linkFolder(source, path)
        else cpSync(source, path, { recursive: true, verbatimSymlinks: true })
      }
    } else if (word === 'RUN' && rest.startsWith('npm ci ')) {
      // What this installs is here, from the same lock file.
      linkFolder(join(root, 'node_modules'), join(folder, 'node_modules'))
    } else if (word === 'RUN' && !rest.includes('chown')) {
      // What npm has already is asked of nobody.
      const env = { ...process.env, npm_config_prefer_offline: 'true', npm_config_loglevel: 'error' }
      execFileSync('sh', ['-c', rest], { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] })
    }
  }
}

/** Environment, command and health check of the image. */
function configurationOf(stage: (typeof stages)[number]) {
  const env = argumentsOf(stage, 'ENV').flatMap((rest) => rest.split(' ').map((pair) => pair.split('=')))
  const [health = ''] = argumentsOf(stage, 'HEALTHCHECK')
  return {
    env: Object.fromEntries(env) as Record<string, string>,
    command: JSON.parse(argumentsOf(stage, 'ENTRYPOINT')[0] ?? '') as string[],
    health: JSON.parse(health.slice(health.indexOf('['))) as string[],
  }
}

/** The first line that a line port answers to a LOGIN. */
async function logIn(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.end('LOGIN ann\n')
  const [line] = await once(socket.pipe(split2()), 'data')
  return line
}

test.skipIf(ENGINE)(
  'what the Dockerfile says makes a roomd that becomes healthy and stops',
  { timeout: 180_000 },
  async () => {
    if (!build || !image) return expect.fail('there are not two stages')
    const [built, folder] = [temporaryFolder(), temporaryFolder()]
    carryOut(build, built, new Map())
    carryOut(image, folder, new Map([['build', built]]))
    mkdirSync(join(folder, 'data'))
    expect(existsSync(join(folder, 'node_modules/vitest'))).toBe(false)

    const { env, command, health } = configurationOf(image)
    expect(env.ROOMD_HOST).toBe('0.0.0.0')
    const [program = '', ...args] = command
    const ports = ['--host', '127.0.0.1', '--line', '0', '--http', '0', '--chatterbox', '0', '--chatroom', '0']
    const path = `${dirname(process.execPath)}:${process.env.PATH}`
    const child = spawn(program, [...args, ...ports], {
      cwd: folder,
      env: { ...env, PATH: path },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => {
      child.kill('SIGKILL')
    })
    const found = new Map<string, number>()
    for await (const { msg, protocol, port } of child.stdout.pipe(split2(JSON.parse))) {
      if (msg === 'listening') found.set(protocol, port)
      if (msg !== 'ready') continue
      const isHealthy = (http: number) => {
        const [check = '', ...checkArgs] = health
        const { status } = spawnSync(check, checkArgs, { env: { PATH: path, ROOMD_HTTP: String(http) } })
        return status === 0
      }
      expect(isHealthy(found.get('http') ?? 0)).toBe(true)
      // No HTTP there.
      expect(isHealthy(found.get('line') ?? 0)).toBe(false)
      expect(await logIn(found.get('line') ?? 0)).toContain('Username set to ann')
      expect(existsSync(join(folder, 'data/roomd.db'))).toBe(true)
      child.kill('SIGTERM')
    }
    if (child.exitCode === null) await once(child, 'exit')
    expect(child.exitCode).toBe(0)
  },
)

test.runIf(ENGINE)('the image becomes healthy, and stops with status 0', { timeout: 600_000 }, async () => {
  const engine = (...args: string[]) => execFileSync(ENGINE ?? '', args, { encoding: 'utf8', cwd: root }).trim()
  const name = `roomd-test-${process.pid}`
  onTestFinished(() => {
    spawnSync(ENGINE ?? '', ['rm', '--force', '--volumes', name])
    spawnSync(ENGINE ?? '', ['rmi', '--force', name])
  })
  engine('build', '--quiet', '--tag', name, '.')
  engine('run', '--detach', '--name', name, '--publish', '127.0.0.1::9090', name)
  await eventually(() => expect(engine('inspect', '--format', '{{.State.Health.Status}}', name)).toBe('healthy'), 600)
  expect(await logIn(Number(engine('port', name, '9090').split(':').at(-1)))).toContain('Username set to ann')
  engine('stop', name)
  expect(engine('inspect', '--format', '{{.State.ExitCode}}', name)).toBe('0')
})
