import type { Engine } from '../engine/engine.ts'
import { CHANGED } from './offer-methods.ts'
import type { ShownTools } from './shown-tools.ts'

/** Tells of lists that have become others, by the method of the notification for each. */
export interface ListChanges {
  onChanged(listener: (method: string) => void): Disposable
}

export const TOOLS_CHANGED = 'notifications/tools/list_changed'

/** Changes of one kind within so many milliseconds are told once. */
const BURST_MS = 100

/** Changes of shown tools, and with `offers` of what servers offer beside them. */
export function createListChanges(
  shown: ShownTools | undefined,
  offers: (() => Promise<Engine>) | undefined,
): ListChanges {
  return {
    onChanged(listener) {
      const due = new Set<string>()
      let timer: NodeJS.Timeout | undefined
      let isOver = false
      const flush = (): void => {
        timer = undefined
        for (const method of due) listener(method)
        due.clear()
      }
      const held: Disposable[] = []
      const hold = (subscription: Disposable): void => {
        if (isOver) subscription[Symbol.dispose]()
        else held.push(subscription)
      }
      if (shown !== undefined) hold(shown.onChange(() => listener(TOOLS_CHANGED)))
      void offers?.().then(
        ({ offers: own }) =>
          hold(
            own.onChanged((kind) => {
              due.add(CHANGED[kind])
              timer ??= setTimeout(flush, BURST_MS)
            }),
          ),
        () => undefined,
      )
      return {
        [Symbol.dispose]() {
          isOver = true
          clearTimeout(timer)
          for (const subscription of held) subscription[Symbol.dispose]()
        },
      }
    },
  }
}
