/** Lines that only one language has, looked for where a text does not parse. */
const LANGUAGES: readonly (readonly [language: string, line: RegExp])[] = [
  ['Python', /^[ \t]*(?:async )?def \w+\(.*\).*:[ \t]*$/m],
  ['Python', /^[ \t]*(?:for|while|if|elif|with|except|class)\b[^{}\n]*:[ \t]*(?:#.*)?$/m],
  ['Python', /^(?:import [\w.]+(?: as \w+)?|from [\w.]+ import [\w*, ]+)[ \t]*$/m],
  ['Python', /\[[^\]\n]{1,200} for \w+ in |\blambda \w*:|^[ \t]*print\(f?["'].*\)[ \t]*$/m],
  ['PHP', /^\s*<\?php/],
  ['a shell script', /^\s*(?:\$ )?(?:curl|wget|npm|npx|git|cd|echo|cat|sudo|pip|node|python3?) (?![=(.:])/],
  ['SQL', /^\s*(?:select\s.+\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|with\s+\w+\s+as\s*\()/is],
]

/** What only our language has. */
const OURS = /\b(?:const|let|var)\s|=>|;[ \t]*$/m

/**
 * The language of a text that does not parse, where one of its lines is of that language alone; where others are of ours,
 * only the line that does not parse counts, as programs write the texts of other languages too.
 */
export function languageOf(text: string, line = ''): string | undefined {
  const start = text.slice(0, 20_000)
  const looked = OURS.test(start) ? line : start
  return LANGUAGES.find(([, pattern]) => pattern.test(looked))?.[0]
}
