/**
 * DOM elements from one expression. Text becomes text nodes: nothing here ever parses markup, so nothing that a
 * mail contains can become part of the page.
 */
// @ts-check

/**
 * @typedef {string | number | boolean | undefined | ((event: any) => void)} Attribute
 *   `true` sets an attribute without a value, `false` and undefined leave it out; a function listens to the event
 *   whose name follows `on`.
 */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, Attribute>} [attributes]
 * @param {ReadonlyArray<Node | string | undefined>} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false)
      made.setAttribute(name, value === true ? '' : String(value))
  }
  made.append(...children.filter((child) => child !== undefined))
  return made
}

/**
 * An element that index.html is known to have.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export const byId = (id) => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`index.html has no #${id}`)
  return found
}
