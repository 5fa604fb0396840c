/** Links between documents, and references to them in the source, such as this one: docs/protocols/README.md, section 5. */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { anchorsOf, citableNumbers, referencesIn, relativeLinks } from './references.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md'], { cwd: root })
const SOURCES = globSync(
  [
    '{src,commands,page,test,bench,scripts}/**/*.{ts,js,cjs,lua,py,css,html,sh}',
    '*.{ts,cjs}',
    '.ci/run',
    'Dockerfile',
    'deploy/*',
  ],
  { cwd: root },
)

/** What is wrong with the links of a document, by its path and text. */
function brokenLinks(document: string, markdown: string): string[] {
  return relativeLinks(markdown).flatMap(({ target, line }) => {
    const [path = '', anchor] = decodeURI(target).split('#')
    const file = path === '' ? undefined : relative(root, resolve(root, dirname(document), path))
    const where = `${document}:${line}: ${target}`
    if (file !== undefined && (file.startsWith('..') || !existsSync(join(root, file))))
      return [`${where}: no such file`]
    if (anchor === undefined) return []
    const text = file === undefined ? markdown : file.endsWith('.md') ? read(file) : ''
    return anchorsOf(text).has(anchor) ? [] : [`${where}: no such anchor`]
  })
}

/** What is wrong with the references of a source file, by its path and text. */
function brokenReferences(source: string, text: string): string[] {
  return referencesIn(text).flatMap(({ file, numbers, line }) => {
    const where = `${source}:${line}: ${file}`
    if (!existsSync(join(root, file))) return [`${where}: no such file`]
    const known = citableNumbers(read(file))
    return numbers.filter((number) => !known.has(number)).map((number) => `${where}, ${number}: no such section`)
  })
}

test('every relative link of the documents leads to a file and an anchor that exist', () => {
  expect(DOCUMENTS.length).toBeGreaterThan(10)
  const links = DOCUMENTS.flatMap((document) => relativeLinks(read(document)))
  expect(links.length).toBeGreaterThan(30)
  expect(DOCUMENTS.flatMap((document) => brokenLinks(document, read(document)))).toEqual([])
})

test('every reference in the source to a document leads to a file and a section that exist', () => {
  expect(SOURCES.length).toBeGreaterThan(200)
  const own = relative(root, import.meta.filename)
  expect(referencesIn(read(own))[0]).toMatchObject({ file: 'docs/protocols/README.md', numbers: ['5'], line: 1 })
  // The examples of this file's tests are wrong on purpose.
  const checked = SOURCES.map(
    (source) => [source, source === own ? read(own).split('\n', 1).join() : read(source)] as const,
  )
  expect(checked.flatMap(([source, text]) => brokenReferences(source, text))).toEqual([])
})

test('broken links are found', () => {
  const markdown = [
    '# One & two',
    '## One & two',
    '[here](#one--two) [again](#one--two-1) [missing](#three) `[code](#none)`',
    '```',
    '[block](nothing.md)',
    '```',
    '![picture](page.png) [missing](nothing.md "title") [other](scaling.md#nowhere) [ok](scaling.md#the-first-limit)',
    '[web](https://example.com/x.md) [mail](mailto:a@b.c) <a href="../LICENSE">licence</a> <img src="no.png">',
    '[folder](protocols/) [out](../../x)',
    '[definition]: protocols/none.md',
  ].join('\n')
  expect(brokenLinks('docs/example.md', markdown)).toEqual([
    'docs/example.md:3: #three: no such anchor',
    'docs/example.md:7: nothing.md: no such file',
    'docs/example.md:7: scaling.md#nowhere: no such anchor',
    'docs/example.md:8: no.png: no such file',
    'docs/example.md:9: ../../x: no such file',
    'docs/example.md:10: protocols/none.md: no such file',
  ])
})

test('broken references are found, also where they are wrapped', () => {
  const source = [
    '/** Fine (docs/protocols/line.md, section 2.3), and docs/scaling.md. */',
    '// docs/protocols/none.md',
    '/**',
    ' * Wrapped (docs/protocols/line.md,',
    ' * sections 2.7, 8 and 99).',
    ' */',
    '-- docs/protocols/README.md, R8 and R99, section 5',
    '# docs/protocols/chatroom.md, section 5.1 to 5.9: item 9 is missing.',
    "import './other.md' // nothing of ours, nor is other/docs/x.md",
    '// docs/protocols/globes.md, section 2.10. The next sentence; docs/protocols/globes.md, 2 of them.',
  ].join('\n')
  expect(brokenReferences('src/example.ts', source)).toEqual([
    'src/example.ts:2: docs/protocols/none.md: no such file',
    'src/example.ts:4: docs/protocols/line.md, 99: no such section',
    'src/example.ts:7: docs/protocols/README.md, R99: no such section',
    'src/example.ts:8: docs/protocols/chatroom.md, 5.9: no such section',
  ])
  const [first] = referencesIn('docs/protocols/line.md, sections 2.4 to 2.6, 5 and 8: see there')
  expect(first?.numbers).toEqual(['2.4', '2.6', '5', '8'])
})
