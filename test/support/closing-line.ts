import { relative } from 'node:path'
import type { UserConsoleLog } from 'vitest'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

/** Ends the output with `N passed, N failed[, N skipped]`; the lines above say how many were skipped for which reason. */
export default class ClosingLine implements Reporter {
  /** Reasons that a file prints while it is collected (`skipped: WHAT: WHY`), by the file's id. */
  readonly #reasons = new Map<string, Set<string>>()

  onUserConsoleLog({ content, taskId = '' }: UserConsoleLog): void {
    for (const [, why = ''] of content.matchAll(/^skipped: .+?: (.+)$/gm))
      this.#reasons.set(taskId, (this.#reasons.get(taskId) ?? new Set()).add(why))
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 }
    const skippedFor = new Map<string, number>()
    for (const module of modules) {
      let failed = 0
      for (const test of module.children.allTests()) {
        const result = test.result()
        count[result.state] += 1
        if (result.state === 'failed') failed += 1
        if (result.state !== 'skipped' && result.state !== 'pending') continue
        const reason = ('note' in result ? result.note : undefined) ?? this.#reasonOf(module)
        skippedFor.set(reason, (skippedFor.get(reason) ?? 0) + 1)
      }
      if (module.state() === 'failed' && failed === 0) count.failed += 1
    }
    const skipped = count.skipped + count.pending
    const lines = [...skippedFor]
      .toSorted(([, a], [, b]) => b - a)
      .map(([reason, many]) => `${many} skipped: ${reason}\n`)
    console.log(
      `\n${lines.join('')}${count.passed} passed, ${count.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    )
  }

  #reasonOf(module: TestModule): string {
    const told = this.#reasons.get(module.id)
    return told === undefined ? `${relative(process.cwd(), module.moduleId)} says no reason` : [...told].join(', or ')
  }
}
