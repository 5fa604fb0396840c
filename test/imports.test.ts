import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')

/** The floors of the house, the lowest first; a file imports from its own floor or one below. */
const FLOORS = [
  /^src\/(tick|bounded-map|within|slices|option|private-folder|edit-distance|similar|escape|ask-secret|file-fault|standard-input|read-whole)\.ts$/,
  /^src\/engine\/[^/]+\.ts$/,
  /^src\/chat\//,
  /^src\/transport\//,
  /^commands\//,
  /^src\/(protocols|client)\//,
  /^src\/((daemon|configured-chat|open-ports|config|options|certificate|port-certificate|engines|secret-files)\.ts$|(transfer|log|control|cli)\/)/,
  /^src\/(main|command-line|run-command|arguments|serve|exit|cluster-worker|environment|surroundings|usage-error)\.ts$/,
]

function floorOf(file: string): number {
  // An implementation of the engine stands on its interface; only the daemon knows which one there is.
  if (/^src\/engine\/(local|redis)\//.test(file)) return 1.5
  return FLOORS.findIndex((floor) => floor.test(file))
}

function imports(...more: string[]): { from: string; to: string }[] {
  const files = globSync(['src/**/*.ts', 'commands/**/*.ts', ...more], { cwd: root })
  return files.flatMap((from) => {
    const text = readFileSync(join(root, from), 'utf8')
    return [...text.matchAll(/from '([^']+)'/g)].map(([, to = '']) => {
      return { from, to: to.startsWith('.') ? relative(root, join(root, dirname(from), to)) : to }
    })
  })
}

test('every file stands on a floor and imports only from its own or one below', () => {
  const found = imports()
  expect(found.length).toBeGreaterThan(50)
  for (const { from, to } of found) {
    expect(floorOf(from), from).toBeGreaterThanOrEqual(0)
    if (to.startsWith('src/') || to.startsWith('commands/')) {
      expect(floorOf(to), `${from} imports ${to}`).toBeLessThanOrEqual(floorOf(from))
    }
  }
})

test('no file imports itself by way of others, not for a type either', () => {
  const targets = new Map<string, string[]>()
  for (const { from, to } of imports('page/**/*.ts')) targets.set(from, [...(targets.get(from) ?? []), to])
  expect(targets.size).toBeGreaterThan(500)
  const done = new Set<string>()
  const circles: string[] = []
  const follow = (file: string, path: readonly string[]) => {
    if (path.includes(file)) return void circles.push([...path.slice(path.indexOf(file)), file].join(' > '))
    if (done.has(file)) return
    for (const to of targets.get(file) ?? []) follow(to, [...path, file])
    done.add(file)
  }
  for (const file of targets.keys()) follow(file, [])
  expect(circles).toEqual([])
})

test('only engines.ts chooses an engine', () => {
  const users = imports().filter(
    ({ from, to }) => /^src\/engine\/(local|redis)\//.test(to) && !from.startsWith('src/engine/'),
  )
  expect(new Set(users.map(({ from }) => from))).toEqual(new Set(['src/engines.ts', 'src/config.ts']))
  const read = users.filter(({ from }) => from === 'src/config.ts')
  expect(read.map(({ to }) => to)).toEqual(['src/engine/redis/url.ts'])
})

test('what speaks to Redis is loaded only where there is one, and one engine knows nothing of the other', () => {
  for (const { from, to } of imports()) {
    if (from.startsWith('src/engine/local/')) expect(to, from).not.toMatch(/^src\/engine\/redis\//)
    if (from.startsWith('src/engine/redis/')) expect(to, from).not.toMatch(/^src\/engine\/local\//)
  }
  const engines = readFileSync(join(root, 'src/engines.ts'), 'utf8')
  expect(engines).not.toMatch(/^import [^\n]*redis\/redis\.ts'/m)
})

test('what exports and imports is loaded only for that', () => {
  for (const { from, to } of imports()) {
    if (!from.startsWith('src/transfer/')) expect(to, from).not.toMatch(/^src\/transfer\//)
  }
  const commands = readFileSync(join(root, 'src/run-command.ts'), 'utf8')
  expect(commands).toMatch(/await import\('\.\/transfer\/transfer\.ts'\)/)
})

test('the client runs in a browser: nothing but its own files, and Node in one folder', () => {
  const found = imports().filter(({ from }) => from.startsWith('src/client/'))
  expect(found.length).toBeGreaterThan(5)
  for (const { from, to } of found) {
    if (from.startsWith('src/client/node/'))
      expect(to, from).toMatch(from.endsWith('/websocket.ts') ? /^(src\/client\/|ws$)/ : /^(src\/client\/|node:)/)
    else expect(to, from).toMatch(/^src\/client\/[^/]+$|^commands\//)
    const text = readFileSync(join(root, from), 'utf8')
    expect(text, from).not.toMatch(/^(import|export) (?!type)[^\n]*commands\//m)
  }
})

test('the commands of the client load nothing of the daemon', () => {
  const found = imports().filter(({ from }) => from.startsWith('src/cli/'))
  expect(found.length).toBeGreaterThan(20)
  for (const { from, to } of found) {
    expect(to, from).toMatch(
      /^src\/(cli\/|client\/|(similar|escape|ask-secret|file-fault|standard-input)\.ts$)|^commands\/|^node:|^string-width$/,
    )
    const text = readFileSync(join(root, from), 'utf8')
    expect(text, from).not.toMatch(/^import (?!type)[^\n]*commands\//m)
  }
  const inClient = imports().filter(({ to }) => to.startsWith('src/cli/'))
  for (const { from } of inClient) expect(from).toMatch(/^src\/cli\//)
})

test('a protocol knows no other: what they share stands beside them', () => {
  const folder = (file: string) => /^src\/protocols\/([^/]+)\//.exec(file)?.[1]
  for (const { from, to } of imports()) {
    if (folder(from) && folder(to)) expect(folder(to), `${from} imports ${to}`).toBe(folder(from))
  }
})

test('what serves HTTP is loaded only where there is a port for it', () => {
  const inApp = ['app', 'patient', 'upgrades'].map((name) => `src/transport/http/${name}.ts`)
  for (const file of globSync(['src/**/*.ts', 'commands/**/*.ts'], { cwd: root })) {
    if (inApp.includes(file) || file === 'src/client/node/websocket.ts') continue
    const text = readFileSync(join(root, file), 'utf8')
    expect(text, file).not.toMatch(
      /^import (?!type)[^\n]*from '(fastify|ws|@fastify\/[^']*|[^']*\/(app|patient|upgrades)\.ts)'/m,
    )
  }
})

test('the core knows no socket, no file, no database and no wire; only the engine knows SQL and Redis', () => {
  for (const { from, to } of imports()) {
    if (from.startsWith('src/chat/')) expect(to, from).not.toMatch(/^node:(?!crypto$)|^pino|^split2|^typebox/)
    if (to === 'node:sqlite') expect(from).toMatch(/^src\/engine\//)
    if (to === 'redis') expect(from).toMatch(/^src\/engine\/redis\//)
  }
})

test('what a daemon loads at its start is without the schema library, which takes longer than all the rest', () => {
  for (const file of globSync(['src/**/*.ts', 'commands/**/*.ts'], { cwd: root })) {
    const text = readFileSync(join(root, file), 'utf8')
    // A type is gone when the file is loaded.
    expect(/^import (?!type )[^']* from 'typebox/m.test(text), file).toBe(file === 'commands/schema.ts')
    expect(text, file).not.toMatch(/^(import|export) (?!type)[^\n]*from '[^']*commands\/schema\.ts'/m)
    if (file.startsWith('commands/')) expect(text, file).not.toMatch(/^(import|export) (?!type)[^\n]*'\.\/schema\.ts'/m)
  }
})
