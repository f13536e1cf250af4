export function stampOf(machine: object): string
