/** The line that is typed, completion, and rows on a screen. */
import { expect, test } from 'vitest'
import { completionOf } from '../../../src/cli/chat/completion.ts'
import { LineEditor } from '../../../src/cli/chat/editor.ts'
import { clipped, wrapped } from '../../../src/cli/chat/wrap.ts'

function typed(...keys: readonly (string | [name: string, modifier?: 'ctrl' | 'meta'])[]): LineEditor {
  const editor = new LineEditor()
  for (const key of keys) {
    if (typeof key === 'string') editor.insert(key)
    else expect(editor.press({ name: key[0], ctrl: key[1] === 'ctrl', meta: key[1] === 'meta' })).toBe(true)
  }
  return editor
}

test('keys move and delete by what a person sees as characters, and by words', () => {
  expect(typed('ab👩‍👩‍👧', ['left'], ['left'], 'X').text).toBe('aXb👩‍👩‍👧')
  expect(typed('ae\u0301', ['backspace']).text).toBe('a')
  expect(typed('one two', ['w', 'ctrl'], 'x').text).toBe('one x')
  expect(typed('one two', ['b', 'meta'], ['d', 'meta'], 'x').text).toBe('one x')
  expect(typed('one two', ['u', 'ctrl'], 'x', ['y', 'ctrl']).text).toBe('xone two')
  expect(typed('one', ['home'], ['k', 'ctrl'], ['y', 'ctrl'], ['y', 'ctrl']).text).toBe('oneone')
  expect(typed('one', ['a', 'ctrl'], ['delete'], ['right'], 'x', ['end'], 'y').text).toBe('nxey')
  expect(typed('one', ['left'], ['end'], ['right'], ['home'], ['left']).before).toBe('')
  expect(new LineEditor().press({ name: 'f5' })).toBe(false)
})

test('earlier lines come back with Up, and what was begun with Down', () => {
  const editor = typed('first')
  editor.take()
  editor.insert('second')
  editor.take()
  editor.insert('begun')
  const texts = ['up', 'up', 'up', 'down', 'down', 'down'].map((name) => {
    editor.press({ name })
    return editor.text
  })
  expect(texts).toEqual(['second', 'first', 'first', 'second', 'begun', 'begun'])
})

test('a line that is too long is shown around the cursor, with the columns that it has', () => {
  const editor = typed('日本語'.repeat(10))
  const { text, column } = editor.view(20)
  expect(text).toMatch(/^[日本語]{1,10}$/)
  expect(column).toBe(text.length * 2)
  editor.press({ name: 'home' })
  expect(editor.view(20)).toEqual({ text: '日本語日本語日本語日', column: 0 })
  expect(typed('a\nb').view(20)).toEqual({ text: 'a↵b', column: 3 })
})

test('the last word is completed: a nickname, a command, a room', () => {
  const known = { nicknames: ['zoe', 'Anna', 'ann'], commands: ['/join', '/who'], rooms: ['dev', 'ops'] }
  expect(completionOf('an', known)).toEqual({ head: '', candidates: ['Anna: ', 'ann: '] })
  expect(completionOf('hi @Z', known)).toEqual({ head: 'hi ', candidates: ['@zoe '] })
  expect(completionOf('/j', known)).toEqual({ head: '', candidates: ['/join '] })
  expect(completionOf('/join o', known)).toEqual({ head: '/join ', candidates: ['ops'] })
  expect(completionOf('hi x', known).candidates).toEqual([])
})

test('rows break at spaces, words that are too long anywhere, and keep their styles', () => {
  const rows = (text: string, columns: number, indent = 0) =>
    wrapped([{ text }], columns, indent).map((row) => row.map((span) => span.text).join(''))
  expect(rows('one two three', 8)).toEqual(['one two', 'three'])
  expect(rows('onetwothree', 4)).toEqual(['onet', 'woth', 'ree'])
  expect(rows('one two\nthree', 20, 2)).toEqual(['one two', '  three'])
  expect(rows('日本語', 4, 1)).toEqual(['日本', ' 語'])
  expect(rows('e\u0301e\u0301e\u0301', 2)).toEqual(['e\u0301e\u0301', 'e\u0301'])
  expect(rows('', 4)).toEqual([''])
  expect(rows('日本', 1)).toEqual(['日', '本'])
  expect(wrapped([{ text: 'a ', style: 'mark' }, { text: 'bc' }], 2, 0)).toEqual([
    [{ text: 'a ', style: 'mark' }],
    [{ text: 'bc', style: undefined }],
  ])
  expect(clipped([{ text: 'abcdef' }], 4)).toEqual([{ text: 'abc…', style: undefined }])
})
