import type { CutText } from "../../../src/view/protocol.ts";
import { PlainText, QuestionText } from "../plain-text.tsx";
import { count } from "../words.ts";

/** A text that may have been cut, and the way to all of it. */
export function CutTextView(props: {
  readonly cut: CutText;
  readonly onWhole: () => void;
  readonly question?: boolean;
}): React.ReactNode {
  const { cut, onWhole, question = false } = props;
  return (
    <>
      {question ? <QuestionText text={cut.text} /> : <PlainText text={cut.text} />}
      {cut.length > cut.text.length && (
        <button type="button" className="more" onClick={onWhole}>
          … all {count(cut.length)} characters
        </button>
      )}
    </>
  );
}
