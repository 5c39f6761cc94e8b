/** What stands for an image in a prompt: `<image>`, `<|image_pad|>`, `<image_1>`, vision brackets and the like. */
const IMAGE_MARK = /<\|?\/?(?:image|img|vision|media)[\w|]{0,24}\|?>|\[(?:image|img)\]/gi;

/** The words of a text, so that space, line breaks, Unicode forms and marks of images make no difference. */
export function toWords(text: string): string[] {
  const words = text.normalize("NFC").replace(IMAGE_MARK, " ").trim().split(/\s+/u);
  return words[0] === "" ? [] : words;
}

/** A ground truth as it is compared: the answer inside `<answer>` tags, without outer space. */
export function normaliseGold(text: string): string {
  const end = text.lastIndexOf("</answer>");
  const start = text.lastIndexOf("<answer>", end);
  const inner = end === -1 || start === -1 ? text : text.slice(start + "<answer>".length, end);
  return inner.normalize("NFC").trim().replace(/\s+/gu, " ");
}
