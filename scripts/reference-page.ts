/** How reference pages are put together. */
const MADE_BY = "<!-- Made by `bun run docs`; do not edit. -->";

export function page(...parts: readonly string[]): string {
  return `${[MADE_BY, ...parts].join("\n\n")}\n`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Set as code; nothing stays nothing. */
export function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}
