/** Sources of the page as they are served: without what only people read. */
import { stripTypeScriptTypes } from 'node:module'

/** Comments on their own lines, indentation, and trailing blanks in place of types. */
const UNNEEDED = /^\s*(?:\/\*\*[\s\S]*?\*\/|\/\/.*)$|^[ \t]+|\s+$/gm

/** Functions that leave comments and indentation out of a source, by the end of its name. */
export const SHRINKS: Readonly<Record<string, (source: string) => string>> = {
  '.ts': scriptOf,
  '.js': (source) => source.replace(UNNEEDED, ''),
  '.css': (source) => source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s+/gm, ''),
  '.html': (source) => source.replace(/<!--[\s\S]*?-->/g, '').replace(/^\s+/gm, ''),
}

/**
 * Converts a TypeScript module to JavaScript without comments and indentation. All modules are served in one folder, as `.js`. Modules must not have
 * template literals of several lines.
 */
function scriptOf(source: string): string {
  return strip(source)
    .replace(/(?<=from ')\.[\w./-]*\/([\w-]+)\.ts(?=')/g, './$1.js')
    .replace(UNNEEDED, '')
}

/** Strips types without the warning of Node.js that the function is experimental. */
function strip(source: string): string {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(source)
  } finally {
    process.emitWarning = emitWarning
  }
}
