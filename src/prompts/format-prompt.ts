/** What follows every question, by name; any other text is taken as it is. */
const FORMAT_PROMPTS: Readonly<Record<string, string>> = {
  /** The paper's: EasyR1's math prompt, in which RAP was measured. */
  "think-boxed":
    "You FIRST think about the reasoning process as an internal monologue and then provide the final answer. " +
    "The reasoning process MUST BE enclosed within <think> </think> tags. The final answer MUST BE put in \\boxed{}.",
  /** For a model that answers in the format unasked, such as the nano model. */
  none: "",
};

/** The text of a format prompt given by name, or the text itself. */
export function resolveFormatPrompt(nameOrText: string): string {
  return Object.hasOwn(FORMAT_PROMPTS, nameOrText) ? (FORMAT_PROMPTS[nameOrText] as string) : nameOrText;
}

/** A question, or its last part, followed by a format prompt's text; as it is when that is empty. */
export function followQuestion(question: string, formatPrompt: string): string {
  return formatPrompt === "" ? question : `${question.trimEnd()} ${formatPrompt}`;
}
