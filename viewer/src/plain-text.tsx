import { Fragment, useMemo } from "react";

/** Control and format characters, which turn the direction of what follows or hide in it; joiners join, and stay. */
const UNSEEN = /(?![\n\r\t\u200c\u200d])[\p{Cc}\p{Cf}]/gu;

/** What stands for an image in a question. */
const PLACEHOLDER = "<image>";

/**
 * Text of a dataset or a model: never markup. Invisible and direction-turning characters are shown
 * as their code, so that nothing reads other than it is written; the rest takes its own direction.
 */
export function PlainText({ text }: { readonly text: string }): React.ReactNode {
  const pieces = useMemo(() => splitUnseen(text), [text]);
  return (
    <bdi className="plain-text">
      {pieces.map((piece, at) =>
        piece.unseen ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never change places
          <span key={at} className="unseen" title="an invisible character">
            {nameCode(piece.text)}
          </span>
        ) : (
          piece.text
        ),
      )}
    </bdi>
  );
}

/** A question, with a mark where each of its images stands. */
export function QuestionText({ text }: { readonly text: string }): React.ReactNode {
  const [first = "", ...others] = text.split(PLACEHOLDER, IMAGES_AT_MOST);
  return (
    <>
      {first !== "" && <PlainText text={first} />}
      {others.map((piece, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never change places
        <Fragment key={at}>
          <span className="unseen">image</span> <PlainText text={piece} />
        </Fragment>
      ))}
    </>
  );
}

/** Marks at most; no prompt holds as many images. */
const IMAGES_AT_MOST = 200;

interface Piece {
  readonly text: string;
  readonly unseen: boolean;
}

/** Shown one by one at most; a text made of nothing else would be a page of spans. */
const UNSEEN_AT_MOST = 500;

/** Splits a text at its unseen characters; a line break and a tab are none. */
function splitUnseen(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (pieces.length > 2 * UNSEEN_AT_MOST) break;
    if (match.index > from) pieces.push({ text: text.slice(from, match.index), unseen: false });
    pieces.push({ text: match[0], unseen: true });
    from = match.index + match[0].length;
  }
  const rest = text.slice(from);
  if (rest !== "") pieces.push({ text: rest.replace(UNSEEN, ""), unseen: false });
  return pieces;
}

function nameCode(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}
