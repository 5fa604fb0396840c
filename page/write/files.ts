/** Files cannot be sent: a user who drops or pastes one is told so. */
import { the } from '../dom.ts'
import type { Desk } from '../model/desk.ts'

const WHY = "Files can't be sent here. Send a link to the file instead."

export function refuseFiles(desk: Desk) {
  // The browser would show the file in place of the page.
  for (const type of ['dragover', 'drop'] as const) {
    document.addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      if (type === 'drop') desk.toast(WHY)
    })
  }
  the('text', HTMLTextAreaElement).addEventListener('paste', ({ clipboardData }) => {
    // A copied part of a table is a picture and a text.
    if (clipboardData?.files.length && !clipboardData.getData('text')) desk.toast(WHY)
  })
}
