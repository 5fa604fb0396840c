/**
 * The element of an id, which index.html has.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function the(id, type) {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`no ${type.name} #${id}`)
  return element
}

/**
 * What is a string becomes text, never markup.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} className
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, className, ...children) {
  const element = document.createElement(tag)
  if (className) element.className = className
  element.append(...children)
  return element
}

/**
 * @param {string} text
 * @param {() => void} act
 */
export function makeButton(text, act) {
  const button = make('button', '', text)
  button.type = 'button'
  button.addEventListener('click', act)
  return button
}

/**
 * Says what is wrong with a field, beneath it; nothing when the text is empty.
 * @param {string} id
 * @param {string} text
 */
export function markWrong(id, text) {
  the(`${id}-wrong`, HTMLElement).textContent = text
  const field = the(id, HTMLInputElement)
  if (text) field.setAttribute('aria-invalid', 'true')
  else field.removeAttribute('aria-invalid')
}
