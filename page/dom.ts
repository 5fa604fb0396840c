/** The element of an id, which index.html has. */
export function the<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`no ${type.name} #${id}`)
  return element
}

/** Makes an element; a string becomes text, never markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  if (className) element.className = className
  element.append(...children)
  return element
}

export function makeButton(text: string, act: () => void) {
  const button = make('button', '', text)
  button.type = 'button'
  button.addEventListener('click', act)
  return button
}

/** Shows beneath a field why it is wrong; an empty text means that it is right. */
export function markWrong(id: string, text: string) {
  the(`${id}-wrong`, HTMLElement).textContent = text
  const field = the(id, HTMLInputElement)
  if (text) field.setAttribute('aria-invalid', 'true')
  else field.removeAttribute('aria-invalid')
}
