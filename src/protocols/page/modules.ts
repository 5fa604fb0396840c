/** An import of a module beside another one, as the page's modules are served. */
const IMPORT = /(?:from|import) ?['"]\.\/([\w-]+\.js)['"]/g

/**
 * Returns the names of all modules that a module reaches by its imports, itself first. A browser that is told them loads them at once,
 * instead of level by level.
 *
 * @param read returns the script of a name, undefined where there is none
 */
export async function modulesOf(
  first: string,
  read: (name: string) => Promise<Buffer | undefined>,
): Promise<readonly string[]> {
  const found = new Set([first])
  // What is added meanwhile is visited too.
  for (const name of found) {
    const script = (await read(name))?.toString() ?? ''
    for (const [, imported = ''] of script.matchAll(IMPORT)) found.add(imported)
  }
  return [...found]
}
