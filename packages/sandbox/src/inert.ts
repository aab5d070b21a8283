/**
 * A mail's HTML as the inbox page may show it. The policy that it is served with (see api.ts) keeps it from running
 * or loading anything; what is left are the connections that browsers open ahead of a request that the policy then
 * forbids: for frames, for `preconnect`, for a link that is pressed. Those would tell a sender that he is read.
 *
 * This does not understand HTML and need not. An element's start and an attribute's name are always written with
 * exactly these characters, so whatever is one of them is found; what only looks like one, within a text, a comment
 * or a value, is changed as well, and means no more than before.
 */

/** Elements that connect or navigate, or that could give another one an address later. */
const element = /<(?=(?:link|base|i?frame|fencedframe|object|embed|portal|animate|set)(?:[\s/>]|$))/gi

/** An address; of two attributes with the same name the first counts. Places within the mail stay reachable. */
const address = /href(?=\s*=)(?!\s*=\s*["']?#)/gi

/**
 * HTML without frames, without links to anywhere but the mail itself, and otherwise as its reader sees it.
 */
export const inertHtml = (html: string): string =>
  html.replace(element, '<x-').replace(address, 'href=# data-href')
