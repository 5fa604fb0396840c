/** Copies a text, also where the page is not served over TLS. Resolves with false if the browser does not let it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const copied = (event: ClipboardEvent) => {
      event.clipboardData?.setData('text/plain', text)
      event.preventDefault()
      event.stopImmediatePropagation()
    }
    addEventListener('copy', copied, { capture: true, once: true })
    const isDone = document.execCommand('copy')
    removeEventListener('copy', copied, { capture: true })
    return isDone
  }
}
