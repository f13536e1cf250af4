import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { createProgressBar } from '../../src/cli/progress-bar.ts'

/** A terminal that keeps what is written. */
function terminal(columns?: number): Writable & { readonly columns?: number; readonly text: () => string } {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString()
      done()
    },
  })
  return Object.assign(stream, columns === undefined ? {} : { columns }, { text: () => text })
}

const CLEAR = '\r\u001B[K'

describe('the progress bar', () => {
  it('writes over its own line, and leaves neither the line nor a hidden cursor behind', () => {
    const screen = terminal()
    const bar = createProgressBar(screen, 'starting', 4)
    bar.show(1, 'github')
    bar.show(4, '')
    bar.end()
    bar.end()
    expect(screen.text().split(CLEAR)).toEqual([
      '\u001B[?25l',
      `starting [${'█'.repeat(5)}${'░'.repeat(15)}] 1/4 github`,
      `starting [${'█'.repeat(20)}] 4/4 `,
      '\u001B[?25h',
    ])
  })

  it('is never wider than the terminal, which would break the line', () => {
    const screen = terminal(40)
    createProgressBar(screen, 'starting', 2).show(1, '日本語'.repeat(20))
    expect(screen.text().split(CLEAR)[1]).toBe(`starting [${'█'.repeat(10)}${'░'.repeat(10)}] 1/2 日`)
  })

  it('shows no more than all of it, and an empty task as done', () => {
    const screen = terminal()
    createProgressBar(screen, 'x', 2).show(3, '')
    createProgressBar(screen, 'x', 0).show(0, '')
    expect(screen.text().match(/█+/g)).toEqual(['█'.repeat(20), '█'.repeat(20)])
  })

  it('writes nothing at all when it was never shown', () => {
    const screen = terminal()
    createProgressBar(screen, 'x', 2).end()
    expect(screen.text()).toBe('')
  })
})
