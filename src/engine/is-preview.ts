import type { Answer, PreviewAnswer } from './engine.ts'

/**
 * True for an answer whose data stands for a larger value that is kept: a {@link PreviewAnswer}. What a tool itself answered
 * is never one, whatever it looks like.
 *
 * @example
 * const answer = await optimizer.executeIntent<Order[]>({ intent: 'shop.list_orders' })
 * if (answer.status === 'error') throw new Error(answer.error.message)
 * const orders = isPreview(answer) ? await readOn(answer.data.handle) : answer.data
 */
export function isPreview<T>(answer: Answer<T>): answer is PreviewAnswer {
  return answer.metadata.stored !== undefined
}
