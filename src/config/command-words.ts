/** Words of a command line: quotes hold spaces together. */
export function commandWords(text: string): string[] {
  const found = text.matchAll(/(?:"([^"]*)"|'([^']*)'|([^\s"']+))/g)
  return [...found].map(([, double, single, bare]) => double ?? single ?? bare ?? '')
}
