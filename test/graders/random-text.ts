import { randomStream } from "../../src/lib/random-stream.ts";

const PIECES =
  "\\frac { } { } ( ) [ ] 1 2 9 0 x y ^ _ \\sqrt \\boxed{ $ $$ \\[ \\] , . - + = < \\le \\text{ and or | \\pm \\begin{pmatrix} \\end{pmatrix} & \\\\ \\cup \\infty answer~is~ #### <answer> </answer> <think> </think> yes A (C) \\% % ! \\sin \\log ° ² 1,234 ½ � \u0000 é 公 \\sum option : ' \\{ \\} ** * / \\binom 99999999999999999999"
    .split(" ")
    .map((piece) => piece.replaceAll("~", " "));

/** A text of random pieces of answers; the same seed gives the same text. */
export function randomText(seed: number): string {
  const random = randomStream(`random text ${seed}`);
  const length = random() < 0.9 ? 1 + Math.floor(random() * 40) : Math.floor(random() * 800);
  let text = "";
  for (let at = 0; at < length; at += 1) {
    const piece = PIECES[Math.floor(random() * PIECES.length)] as string;
    text += random() < 0.1 ? `${piece} ` : piece;
  }
  return text;
}
