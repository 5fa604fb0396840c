/** Reaches the menus of messages by mouse, and by keyboard from the conversation: Enter, then the arrow keys. */
export function setUpPicking(log: HTMLElement, open: (id: string, button: HTMLElement) => void) {
  const buttons = () => [...log.querySelectorAll<HTMLElement>('.more')].filter((button) => button.checkVisibility())

  log.addEventListener('click', ({ target }) => {
    const button = target instanceof HTMLElement && target.matches('.more') ? target : undefined
    const id = button?.closest<HTMLElement>('[data-id]')?.dataset.id
    if (button && id) open(id, button)
  })
  log.addEventListener('keydown', (event) => {
    if (event.target === log) {
      if (event.key !== 'Enter') return
      // The key would press the button as well.
      event.preventDefault()
      buttons().at(-1)?.focus()
      return
    }
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (event.key === 'Escape') log.focus()
    if (!step || !(event.target instanceof HTMLElement)) return
    event.preventDefault()
    const all = buttons()
    all[Math.max(0, all.indexOf(event.target) + step)]?.focus()
  })
}
