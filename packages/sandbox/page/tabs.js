/**
 * Tabs as screen readers and keyboards expect them: one stop for Tab, arrows between the tabs. A panel is filled
 * when it is first shown.
 */
// @ts-check
import { element } from './element.js'

/**
 * @typedef {object} Tab
 * @property {string} id
 * @property {string} label
 * @property {() => Node} render
 */

/**
 * @param {string} label What the tabs are for.
 * @param {ReadonlyArray<Tab>} tabs
 * @param {string} selected The id of the first one to show.
 * @param {(id: string) => void} onSelect Called when the reader chooses.
 * @returns {{ list: HTMLElement, panels: HTMLElement }}
 */
export const createTabs = (label, tabs, selected, onSelect) => {
  const list = element('div', { role: 'tablist', class: 'tabs', 'aria-label': label })
  const panels = element('div', { class: 'panels' })
  const parts = tabs.map((tab) => ({
    tab,
    button: element(
      'button',
      { type: 'button', role: 'tab', id: `tab-${tab.id}`, 'aria-controls': `panel-${tab.id}`, class: 'tab' },
      tab.label,
    ),
    panel: element('div', {
      role: 'tabpanel',
      id: `panel-${tab.id}`,
      'aria-labelledby': `tab-${tab.id}`,
      tabindex: 0,
      class: `panel panel-${tab.id}`,
      hidden: true,
    }),
  }))

  /** @param {string} id */
  const select = (id) => {
    for (const { tab, button, panel } of parts) {
      const isSelected = tab.id === id
      button.setAttribute('aria-selected', String(isSelected))
      button.tabIndex = isSelected ? 0 : -1
      panel.hidden = !isSelected
      if (isSelected && panel.childNodes.length === 0) panel.append(tab.render())
    }
  }

  parts.forEach(({ tab, button, panel }, index) => {
    button.addEventListener('click', () => {
      select(tab.id)
      onSelect(tab.id)
    })
    button.addEventListener('keydown', (event) => {
      /** @type {Record<string, number>} */
      const targets = {
        ArrowRight: (index + 1) % parts.length,
        ArrowLeft: (index - 1 + parts.length) % parts.length,
        Home: 0,
        End: parts.length - 1,
      }
      const target = parts[targets[event.key] ?? -1]
      if (target === undefined) return
      event.preventDefault()
      target.button.focus()
      target.button.click()
    })
    list.append(button)
    panels.append(panel)
  })
  select(selected)
  return { list, panels }
}
