/** Writes a nickname into the message that is being written: with a colon at its beginning, as a word elsewhere. */
export function addressIn(box: HTMLTextAreaElement, nickname: string) {
  const before = box.value.slice(0, box.selectionStart)
  const gap = /\S$/.test(before) ? ' ' : ''
  const end = before.trim() === '' ? ': ' : ' '
  box.setRangeText(`${gap}${nickname}${end}`, box.selectionStart, box.selectionEnd, 'end')
  box.dispatchEvent(new Event('input', { bubbles: true }))
  box.focus()
}
