/** Joins the modules of the page into one script and its style sheets into one, which are loaded at once and compressed as a whole. */

/** Statements at the beginning of a line, as the page's modules and its client library have them. */
const IMPORT = /^import\s*(?:\{([^}]*)\}\s*from\s*)?['"]\.\/([\w-]+\.js)['"];?/gm
const PASSED_ON = /^export\s*\{([^}]*)\}\s*from\s*['"]\.\/([\w-]+\.js)['"];?/gm
const LISTED = /^export\s*\{([^}]*)\};?/gm
const DECLARED = /^export\s+((?:async\s+)?(?:function\*?|class|const)\s+)([\w$]+)/gm
const LEFT = /^(?:import|export)\b.*/m

/** The imports of a style sheet. */
const STYLE_IMPORT = /^@import\s*"\.\/([\w-]+\.css)";\n?/gm

interface Linked {
  /** The value of an expression is an object with the exports of the module. */
  readonly script: string
  readonly imports: readonly string[]
}

/**
 * Returns a script that does what a module and all that it imports do. Each module is a function that is called once, in the order of imports.
 *
 * @param first name of the module, such as `main.js`
 * @param read returns the script of a module
 * @throws Error for a module that imports itself by way of others, or with a form of import or export that is not known here
 */
export async function link(first: string, read: (name: string) => Promise<string>): Promise<string> {
  const parts = new Map<string, string>()
  const visit = async (name: string, path: readonly string[]) => {
    if (path.includes(name)) throw new Error(`modules import one another: ${[...path, name].join(' ')}`)
    if (parts.has(name)) return
    const { script, imports } = linked(name, await read(name))
    for (const imported of imports) await visit(imported, [...path, name])
    parts.set(name, script)
  }
  await visit(first, [])
  return [...parts.values()].join('\n')
}

/** Returns a style sheet with those that it imports in the place of the imports. */
export async function linkStyles(first: string, read: (name: string) => Promise<string>): Promise<string> {
  const text = await read(first)
  const names = [...text.matchAll(STYLE_IMPORT)].map(([, name = '']) => name)
  const styles = new Map(await Promise.all(names.map(async (name) => [name, await read(name)] as const)))
  return text.replace(STYLE_IMPORT, (_, name: string) => styles.get(name) ?? '')
}

function linked(name: string, source: string): Linked {
  const imports = new Set<string>()
  const exported = new Set<string>()
  const taken = (names: string, from: string) => {
    imports.add(from)
    return names?.trim() ? `const {${renamed(names)}} = ${variableOf(from)}` : ''
  }
  const body = source
    .replace(IMPORT, (_, names: string, from: string) => taken(names, from))
    .replace(PASSED_ON, (_, names: string, from: string) => {
      for (const [own, other] of pairs(names)) exported.add(`${other}:${variableOf(from)}.${own}`)
      return taken('', from)
    })
    .replace(LISTED, (_, names: string) => {
      for (const [own, other] of pairs(names)) exported.add(`${other}:${own}`)
      return ''
    })
    .replace(DECLARED, (_, declaration: string, own: string) => {
      exported.add(own)
      return declaration + own
    })
  const [left] = LEFT.exec(body) ?? []
  if (left) throw new Error(`${name} has what cannot be linked: ${left}`)
  return {
    script: `const ${variableOf(name)} = (() => {\n${body}\nreturn {${[...exported]}}\n})()`,
    imports: [...imports],
  }
}

/** Returns the names of a list such as `a, b as c`, each with its other name. */
function pairs(names: string): (readonly [string, string])[] {
  const words = names.split(',').map((name) => name.trim().split(/\s+as\s+/))
  return words.flatMap(([own = '', other = own]) => (own ? [[own, other] as const] : []))
}

function renamed(names: string): string {
  return pairs(names)
    .map(([own, other]) => (own === other ? own : `${own}: ${other}`))
    .join(', ')
}

function variableOf(name: string): string {
  return `$${name.replace(/\.js$/, '').replaceAll('-', '_')}`
}
