import { describe, expect, it } from 'vitest'
import { html, Html } from '../../src/internal/html.ts'

describe('html', () => {
  it('lets no value become markup, between tags and in attributes, at any depth', () => {
    const evil = `<script>alert("1")</script>'&`
    const inner = html`<i title="${evil}">${evil}</i>`
    const safe = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;'
    expect(html`<b>${[evil, inner, [1, undefined, false]]}</b>`.toString()).toBe(
      `<b>${safe}<i title="${safe}">${safe}</i>1</b>`,
    )
  })

  it('takes markup from itself alone', () => {
    expect(() => new Html('<b>', Symbol('mine'))).toThrow(TypeError)
    const lookalike = { toString: () => '<b>' } as unknown as Html
    expect(() => html`${lookalike}`.toString()).toThrow(TypeError)
  })
})
