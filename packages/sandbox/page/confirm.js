/**
 * A question before something is lost. Unlike `window.confirm` it blocks nothing.
 */
// @ts-check
import { element } from './element.js'
import { words } from './words.js'

/**
 * Whether the reader agrees. Escape and a click beside the dialog say no.
 *
 * @param {string} question
 * @param {string} answer The word on the button that agrees.
 * @returns {Promise<boolean>}
 */
export const confirm = (question, answer) =>
  new Promise((resolve) => {
    const cancel = element('button', { type: 'button', class: 'button' }, words.cancel)
    const agree = element('button', { type: 'button', class: 'button danger-solid' }, answer)
    const dialog = element(
      'dialog',
      { 'aria-labelledby': 'question' },
      element('p', { id: 'question' }, question),
      element('div', { class: 'actions' }, cancel, agree),
    )
    cancel.addEventListener('click', () => dialog.close())
    agree.addEventListener('click', () => dialog.close('agreed'))
    dialog.addEventListener('click', (event) => event.target === dialog && dialog.close())
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve(dialog.returnValue === 'agreed')
    })
    document.body.append(dialog)
    dialog.showModal()
    agree.focus()
  })
