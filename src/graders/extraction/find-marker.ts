import { lastNumber } from "./find-number.ts";

const WORDS = [
  "answer",
  "result",
  "solution",
  "option",
  "choice",
  "réponse",
  "résultat",
  "respuesta",
  "resultado",
  "antwort",
  "ergebnis",
  "lösung",
  "risposta",
  "resposta",
  "ответ",
  "答案",
  "结果",
  "結果",
  "答え",
  "答",
  "选",
  "選",
];

/** Markers that a space may follow, in languages whose copula is left out or comes later. */
const LOOSE = [
  "उत्तर",
  "คำตอบ",
  "الإجابة",
  "الجواب",
  "정답",
  "답",
  "đáp án",
  "jawaban",
  "cevap",
  "odpowiedź",
  "svar",
  "відповідь",
];
const LOOSELY = /[은는이가]?\s{0,3}(?:(?:हे|है|คือ|هي|هو|là|adalah|jest|är|er)\s)?[:：=]?\s?/y;

/** What makes the word before it a marker; bounded, so that it stays linear. */
const FOLLOWS =
  /(?:s|\(s\))?\*{0,2}(?:\s{1,3}(?:to|for|of)\s[^.\n:=]{1,80}?)?\s{0,3}(?:(?:is|are|was|equals|est|es|ist|lautet|è|é|equal to|will be|should be|would be)\b|[是为為：:=]|である|は)/y;
const NUMBERED = /s?\s{0,3}(?=\\\[|\\\(|\$)/y;
const CHINESE = /[选選答](?=\s{0,2}[(（]?[A-Z])/y;
const LINE = 600;

/** Places after the last marker such as `answer is`, `réponse :` and `答案是`, whole line first. */
export function lastMarked(text: string): readonly string[] {
  const start = lastMarkerEnd(text);
  if (start === undefined) return [];
  let at = start;
  while (at < text.length && at - start < 200 && /[\s:：*=]/.test(text[at] as string)) at += 1;
  const line = lineFrom(text, at);
  if (line === "") return [];
  const sentence = cutSentence(line);
  const places = [sentence];
  const clause = /^[^,;，；]{1,200}(?=[,;，；]\s)/.exec(sentence)?.[0];
  const reason = sentence.search(/\s(?:because|since|as|so|where|which|when|for)\s/);
  const formula = /\$([^$]{1,300})\$|\\\((.{1,300}?)\\\)|\\\[(.{1,300}?)\\\]/.exec(line);
  const said = sentence.lastIndexOf(" is ");
  if (said > 0) places.push(sentence.slice(said + 4));
  if (formula) places.push(formula[1] ?? formula[2] ?? formula[3] ?? "");
  if (reason > 0) places.push(sentence.slice(0, reason));
  if (clause !== undefined) places.push(clause);
  const number = /^([^\d]{0,40}?)(-?\d[\d,]{0,60}(?:\.\d{1,60})?(?:\s?\/\s?\d{1,60})?\s?%?)/.exec(sentence);
  if (number !== null && standsAlone(number, sentence)) places.push(number[2] as string);
  const chained = sentence.includes("=") ? lastNumber(sentence)?.text : undefined;
  if (chained !== undefined) places.push(chained);
  return places;
}

/** Whether a number is the only one said: no bound, no range and no second number joined to it. */
function standsAlone([all, before = "", number = ""]: RegExpExecArray, sentence: string): boolean {
  const after = sentence.slice(all.length, all.length + 24);
  const bound = /(?:\bbetween|\bnot|[<>≥≤≠])\s{0,2}$/i.test(before);
  const joined = /^[\s(]{0,3}(?:or|and|to|also|and also)?[\s(~?…;|–-]{0,4}\.{0,3}\s?\d/.test(after);
  return !bound && !joined && !/\d.*\d/.test(sentence.replace(number, " "));
}

function lastMarkerEnd(text: string): number | undefined {
  const lower = text.slice(-20_000).toLowerCase();
  const offset = Math.max(0, text.length - 20_000);
  if (lower.length !== text.length - offset) return undefined;
  let best: number | undefined;
  for (const word of [...WORDS, ...LOOSE]) {
    let from = lower.length;
    for (let tries = 0; tries < 8; tries += 1) {
      const at = lower.lastIndexOf(word, from);
      if (at < 0 || (best !== undefined && at < best)) break;
      const end = markerEnd(text, offset + at, word);
      if (end !== undefined) {
        best = Math.max(best ?? 0, end - offset);
        break;
      }
      from = at - 1;
      if (from < 0) break;
    }
  }
  return best === undefined ? undefined : best + offset;
}

function markerEnd(text: string, at: number, word: string): number | undefined {
  const { length } = word;
  for (const pattern of LOOSE.includes(word) ? [FOLLOWS, LOOSELY] : [FOLLOWS, NUMBERED]) {
    pattern.lastIndex = at + length;
    const match = pattern.exec(text);
    if (match) return at + length + match[0].length;
  }
  CHINESE.lastIndex = at;
  return CHINESE.test(text) ? at + 1 : undefined;
}

/** The line at a place; a formula that opens there is taken to its end. */
function lineFrom(text: string, at: number): string {
  for (const [open, close] of [
    ["\\[", "\\]"],
    ["$$", "$$"],
    ["\\begin", "\\end"],
  ] as const) {
    if (!text.startsWith(open, at)) continue;
    const end = text.indexOf(close, at + 2);
    if (end > 0 && end - at < 4_000)
      return text.slice(at, close === "\\end" ? text.indexOf("}", end) + 1 : end + close.length);
  }
  const end = text.indexOf("\n", at);
  return text.slice(at, end < 0 ? at + LINE : Math.min(end, at + LINE)).trim();
}

function cutSentence(line: string): string {
  const end = line.search(/(?:\.(?=\s|\*|$)|。|!\s|\s#)/);
  const cut = end > 0 && !/(?:[ap]\.m|\b[A-Z]|a\.m|p\.m)$/i.test(line.slice(0, end)) ? line.slice(0, end) : line;
  return cut.replace(/\*{2}.{0,600}$/, "");
}
