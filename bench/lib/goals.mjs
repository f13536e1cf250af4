// What goals are worth: one that holds with twice the room says little.

/** How much worse a figure may become before its goal is missed, as a factor; undefined where figure or goal is nothing. */
export function slackOf({ value, unit, budget }) {
  const [, sign, number] = /^([≤≥<=]) ?([\d.]+)/.exec(budget) ?? []
  const limit = Number(number)
  if (sign === undefined || sign === '=' || value <= 0 || limit <= 0) return undefined
  // Of a percentage near the whole, what is missing counts: 99 % is ten times as good as 90 %.
  if (sign === '≥' && unit === '%' && value > 50) return value === 100 ? undefined : (100 - limit) / (100 - value)
  return sign === '≥' ? value / limit : limit / value
}

/** Goals of results by the name of their bench: figures with a budget, and lists of goals. */
export function goalsOf(results) {
  return Object.entries(results).flatMap(([bench, { goals = [], figures = [] }]) =>
    [...goals, ...(Array.isArray(figures) ? figures : []).filter(({ budget }) => budget !== undefined)].map((goal) => ({
      bench,
      ...goal,
      what: goal.what.trim(),
    })),
  )
}
