// What a ranking is worth, and how sure that is.

/** Measures of one query's ranking: any needed tool counts as a hit; nDCG counts each need once, whichever of its equal tools is found. */
export function judge(ranking, { relevant, groups }) {
  const wanted = new Set(relevant)
  const first = ranking.findIndex((id) => wanted.has(id))
  const hit = (k) => (first >= 0 && first < k ? 1 : 0)
  return {
    hit1: hit(1),
    hit3: hit(3),
    hit5: hit(5),
    hit10: hit(10),
    mrr: first < 0 ? 0 : 1 / (first + 1),
    ndcg10: ndcg(ranking.slice(0, 10), groups?.length > 0 ? groups : relevant.map((id) => [id])),
  }
}

function ndcg(ranking, groups) {
  const open = new Set(groups)
  let gain = 0
  for (const [rank, id] of ranking.entries()) {
    const met = [...open].find((group) => group.includes(id))
    if (met === undefined) continue
    open.delete(met)
    gain += 1 / Math.log2(rank + 2)
  }
  let ideal = 0
  for (let rank = 0; rank < Math.min(groups.length, 10); rank++) ideal += 1 / Math.log2(rank + 2)
  return ideal === 0 ? 0 : gain / ideal
}

const RESAMPLES = 1_000

/** Mean and its 95 % bootstrap interval (resampled by query, seeded: the same figures each time). */
export function mean(values) {
  const random = mulberry(42)
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0
    for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)]
    return sum / values.length
  }).toSorted((a, b) => a - b)
  const average = values.reduce((sum, value) => sum + value, 0) / values.length
  return { mean: round(average), low: round(quantile(means, 0.025)), high: round(quantile(means, 0.975)) }
}

export function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

export function round(value) {
  return Math.round(value * 10_000) / 10_000
}

function mulberry(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
