/** The daemon in a few files, which starts in half the CPU time that its several hundred modules take: tests start it hundreds of times. */
import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, globSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { type ChunkingContext, rolldown } from 'rolldown'
import split2 from 'split2'
import { temporaryFolder } from './folder.ts'

const root = resolve(import.meta.dirname, '../..')
const SOURCES = ['src/**/*.{ts,js,json}', 'commands/*.ts', 'package-lock.json', 'test/support/bundle.ts']
/** The only module that looks for another one beside itself. */
const BESIDE = '/src/engine/local/thread.ts'
/** Age at which bundles of earlier sources are removed, in ms. */
const OLD_MS = 3_600_000

/** Makes the bundle of the sources as they are, and runs it once, unless it is there. Returns the path of its entry point. */
export async function bundle(): Promise<string> {
  const folder = join(root, 'node_modules/.cache', `daemon-${version()}`)
  if (!existsSync(folder)) {
    const fresh = `${folder}.${process.pid}`
    await write(fresh)
    if (existsSync(folder)) rmSync(fresh, { recursive: true })
    else renameSync(fresh, folder)
    await run(join(folder, 'main.js'))
  }
  utimesSync(folder, new Date(), new Date())
  removeOld(dirname(folder))
  return join(folder, 'main.js')
}

/** Returns what changes with any of the sources. */
function version(): string {
  const hash = createHash('sha256')
  for (const file of globSync(SOURCES, { cwd: root }).toSorted()) {
    const { size, mtimeMs } = statSync(join(root, file))
    hash.update(`${file} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}

async function write(dir: string): Promise<void> {
  const build = await rolldown({
    input: { main: join(root, 'src/main.js'), 'store-thread': join(root, 'src/engine/local/store-thread.ts') },
    platform: 'node',
    logLevel: 'silent',
    plugins: [
      { name: 'place', transform: placed },
      {
        name: 'width',
        resolveId: widthFor,
        load: (id) => (id === WIDTH ? 'export default (text) => text.length' : null),
      },
    ],
  })
  await build.write({
    dir,
    format: 'esm',
    keepNames: true,
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: partOf }] },
  })
  await build.close()
  // Else Node looks into each file for what it is.
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
}

/** Starts a daemon with all listeners, and a client: Node then keeps the functions of a whole start compiled, and not those of the first test. */
async function run(main: string): Promise<void> {
  const ports = ['line', 'http', 'irc', 'chatterbox', 'chatroom'].flatMap((name) => [`--${name}`, '0'])
  const daemon = spawn(process.execPath, [main, ...ports, '--data', join(temporaryFolder(), 'data')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(daemon, 'exit')
  try {
    for await (const { msg, protocol, port } of daemon.stdout.pipe(split2(JSON.parse))) {
      if (msg !== 'listening' || protocol !== 'line') continue
      const client = promisify(execFile)(process.execPath, [main, 'send', 'ops', '--server', `127.0.0.1:${port}`])
      client.child.stdin?.end('hello\n')
      await client
      daemon.kill()
    }
  } finally {
    daemon.kill()
    await exit
  }
}

const glob = (pattern: string) => globSync(pattern, { cwd: root })

/** Roots of what a start of the daemon loads, in its order: each is loaded with all those before it. */
const STAGES: Readonly<Record<string, readonly string[]>> = {
  command: ['src/command-line.ts'],
  daemon: ['src/daemon.ts', 'src/protocols/line/ports.ts'],
  ports: glob('src/protocols/*/ports.ts'),
  http: ['src/transport/http/app.ts', ...glob('src/protocols/*/{routes,page}.ts')],
}
/** Roots of what is loaded without the daemon. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  client: glob('src/{cli,client}/**/*.ts'),
  store: ['src/engine/local/store-thread.ts'],
}

/** Returns the name of the file that a module is in, or null for one that the daemon seldom loads. A file costs as much as many modules. */
function partOf(id: string, graph: ChunkingContext): string | null {
  const reaching = (all: typeof STAGES) => Object.keys(all).filter((name) => closure(all[name] ?? [], graph).has(id))
  const [stage] = reaching(STAGES)
  return stage === undefined ? null : [stage, ...reaching(OTHERS)].join('-')
}

const closures = new Map<readonly string[], ReadonlySet<string>>()

/** Returns the modules that some modules import, and all that these import, but for what they load later. */
function closure(roots: readonly string[], graph: ChunkingContext): ReadonlySet<string> {
  const found = closures.get(roots)
  if (found) return found
  const all = new Set(roots.map((file) => join(root, file)))
  for (const id of all) for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) all.add(imported)
  closures.set(roots, all)
  return all
}

/** Keeps what a module finds by its place, such as the files of the page, where it is. */
function placed(code: string, id: string): string | undefined {
  if (!/import\.meta\.(?:url|dirname)/.test(code) || id.endsWith(BESIDE)) return undefined
  return code
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id)))
    .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
}

/** Module in place of string-width. */
const WIDTH = 'width-of-help'

/**
 * Gives the layout of the help, which is ASCII, a simpler measure of widths: the classes of characters of string-width are a sixth of what
 * a start of the daemon costs.
 */
function widthFor(name: string, importer = ''): string | undefined {
  return name === 'string-width' && /\/node_modules\/(?:yargs|cliui|wrap-ansi)\//.test(importer) ? WIDTH : undefined
}

function removeOld(cache: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name)
    const isOld = () => Date.now() - statSync(path).mtimeMs > OLD_MS
    if (basename(path).startsWith('daemon-') && isOld()) rmSync(path, { recursive: true, force: true })
  }
}
