export function slackOf(goal: {
  readonly value: number
  readonly unit: string
  readonly budget: string
}): number | undefined
export function goalsOf(
  results: object,
): readonly { readonly bench: string; readonly what: string; readonly budget: string }[]
