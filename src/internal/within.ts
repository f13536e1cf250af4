/** True when `work` is done within so many milliseconds; work that takes longer goes on. Rejects as `work` does until then. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  return await Promise.race([work.then(() => true as const), late]).finally(() => clearTimeout(timer))
}
